import { fullTitle } from "../../lib/format";
import type { Play } from "../../lib/shapes";

/** What plays, by the name that its viewer knows it by. */
export function nameOf({ title, episode }: Play["title"]): string {
  return fullTitle({ title, episode: episode ?? null });
}
