// Where the chapters of a film begin, and how one goes from one to another.
import type { Play } from "../../lib/shapes";

export type Chapter = NonNullable<Play["chapters"]>[number];

/** This far into a chapter "previous" means its own beginning. */
const BEGUN_S = 3;
const ROUNDING_S = 0.05;

export function chapterAt(chapters: Chapter[], seconds: number): Chapter | null {
  return chapters.findLast((chapter) => chapter.start_s <= seconds + ROUNDING_S) ?? null;
}

export function previousStart(chapters: Chapter[], seconds: number): number | null {
  return chapters.findLast((chapter) => chapter.start_s < seconds - BEGUN_S)?.start_s ?? (chapters.length > 0 ? 0 : null);
}

export function nextStart(chapters: Chapter[], seconds: number): number | null {
  return chapters.find((chapter) => chapter.start_s > seconds + ROUNDING_S)?.start_s ?? null;
}
