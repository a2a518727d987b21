// Figures as operators read them: three digits are enough.
import type { Flow } from "../../lib/shapes";

const digits = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

/** "0.4 ms", "85 ms", "1.2 s"; a dash where there is none. */
export function took(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 1 ? `${digits.format(seconds * 1000)}\u00a0ms` : `${digits.format(seconds)}\u00a0s`;
}

export const rate = (perSecond: number) => digits.format(perSecond < 0.05 ? 0 : perSecond);

/** "0.12 %", "none". */
export const share = (part: number) => (part === 0 ? "none" : `${digits.format(part * 100)}\u00a0%`);

/** How bad a share of failures is: nothing, something, much. */
export function tone({ failed, refused }: Flow): "" | "wait" | "bad" {
  if (failed >= 0.01) return "bad";
  return failed > 0 || refused > 0 ? "wait" : "";
}

export const count = (number: number) => Math.round(number).toLocaleString();
