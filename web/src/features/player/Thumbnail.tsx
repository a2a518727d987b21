import { type RefObject, useEffect, useRef, useState } from "react";
import type { Picture, Sheets } from "./sheets";

/** Finds the picture of a moment; null where the film has none. */
export type Find = (seconds: number) => Promise<Picture | null>;

type Props = { seconds: number; find: Find; sheets: RefObject<Sheets | null> };

/** Moments nearer than this show the same picture. */
const STEP_S = 0.5;

function draw(canvas: HTMLCanvasElement, sheet: ImageBitmap, { x, y, width, height }: Picture): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d")?.drawImage(sheet, x, y, width, height, 0, 0, width, height);
}

/** What is to be seen at a moment. Until its sheet is there the picture before it stays; nothing is shown while there is none. */
export function Thumbnail({ seconds, find, sheets }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [ratio, setRatio] = useState<number | null>(null);
  const moment = Math.floor(seconds / STEP_S) * STEP_S;
  useEffect(() => {
    let current = true;
    void (async () => {
      const picture = await find(moment);
      const sheet = picture && current ? await sheets.current?.sheet(picture) : null;
      if (!current || !canvas.current) return;
      if (picture && sheet) {
        draw(canvas.current, sheet, picture);
        setRatio(picture.width / picture.height);
      } else setRatio(null);
    })();
    return () => {
      current = false;
    };
  }, [moment, find, sheets]);
  return <canvas ref={canvas} className="thumbnail" hidden={ratio === null} style={{ aspectRatio: ratio ?? undefined }} />;
}
