import { useState } from "react";
import { pictureUrl } from "../lib/format";

const WIDTHS = [320, 480, 640, 960, 1280, 1920];
const TALL_WIDTHS = [240, 480, 720];

/** A stable hue for a title that has no picture. */
function tone(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 5;
  return sum;
}

function sources(url: string, widths: number[]): string {
  return widths.map((width) => `${pictureUrl(url, width)} ${width}w`).join(", ");
}

type Props = {
  id: string;
  title: string;
  url: string | null | undefined;
  /** The same in 2:3, for a screen that stands and a picture that fills it. */
  tall?: string | null | undefined;
  sizes: string;
  eager?: boolean;
};

/** A title's picture, 16:9; its name on a colour where there is none. The picture says nothing that the name beside it does not. */
export function Poster({ id, title, url, tall, sizes, eager = false }: Props) {
  const [broken, setBroken] = useState(false);
  if (!url || broken) {
    return (
      <div className={`poster poster-blank tone-${tone(id)}`} aria-hidden="true">
        <span>{title}</span>
      </div>
    );
  }
  return (
    <div className="poster">
      <picture>
        {tall && <source media="(max-aspect-ratio: 4/5)" srcSet={sources(tall, TALL_WIDTHS)} sizes={sizes} />}
        <img
          src={pictureUrl(url, 640)}
          srcSet={sources(url, WIDTHS)}
          sizes={sizes}
          alt=""
          loading={eager ? "eager" : "lazy"}
          decoding="async"
          onError={() => setBroken(true)}
        />
      </picture>
    </div>
  );
}

export function ProgressBar({ value, label }: { value: number; label: string }) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div className="progress-done" style={{ width: `${percent}%` }} />
    </div>
  );
}
