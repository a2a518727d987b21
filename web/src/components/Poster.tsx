import { useState } from "react";
import { pictureUrl } from "../lib/format";

const WIDTHS = [320, 480, 640, 960, 1280];

/** A stable hue for a title that has no picture. */
function tone(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 5;
  return sum;
}

type Props = { id: string; title: string; url: string | null | undefined; sizes: string; eager?: boolean };

/** A title's picture, 16:9; its name on a colour where there is none. The picture says nothing that the name beside it does not. */
export function Poster({ id, title, url, sizes, eager = false }: Props) {
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
      <img
        src={pictureUrl(url, 640)}
        srcSet={WIDTHS.map((width) => `${pictureUrl(url, width)} ${width}w`).join(", ")}
        sizes={sizes}
        alt=""
        loading={eager ? "eager" : "lazy"}
        decoding="async"
        onError={() => setBroken(true)}
      />
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
