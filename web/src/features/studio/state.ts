import { episodeCode, moment } from "../../lib/format";
import type { StudioTitle } from "../../lib/shapes";

type Tone = "good" | "muted" | "wait";

/** Where a title stands, as an editor would say it. */
export function stateOf({ kind, state, rights, duration_s }: StudioTitle, now = Date.now()): { text: string; tone: Tone } {
  const starts = rights.starts_at ? Date.parse(rights.starts_at) : null;
  const ends = rights.ends_at ? Date.parse(rights.ends_at) : null;
  if (state === "withdrawn") return { text: "Withdrawn", tone: "muted" };
  if (state === "draft") {
    if (kind === "series") return { text: "Draft: no episode is published", tone: "muted" };
    return { text: duration_s > 0 ? "Draft" : "Draft: no film yet", tone: "muted" };
  }
  if (ends !== null && ends <= now) return { text: `Ended on ${moment(rights.ends_at ?? "")}`, tone: "muted" };
  if (starts !== null && starts > now) return { text: `Scheduled: from ${moment(rights.starts_at ?? "")}`, tone: "wait" };
  return { text: "Published", tone: "good" };
}

/** "Film", "Series", "S1 E2 of The Dark Ages". */
export function kindOf({ kind, episode }: StudioTitle): string {
  if (episode) return `${episodeCode(episode)} of ${episode.series_title ?? "a series"}`;
  return kind === "series" ? "Series" : "Film";
}
