import type { Money, Place } from "./shapes";

export function money({ amount, currency }: Money): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}

/** The same with its first letter large. */
export const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

/** "1 h 32 min", "4 min", "45 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes}\u00a0min`;
  return minutes % 60 === 0 ? `${hours}\u00a0h` : `${hours}\u00a0h ${minutes % 60}\u00a0min`;
}

/** A browser says that a film of a minute lasts 59.999999 s. */
const ROUNDING_S = 0.001;

/** "1:02:03" or "2:03". */
export function timecode(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds + ROUNDING_S : 0));
  const pad = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** The same for a screen reader: "1 hour 2 minutes 3 seconds". */
export function spokenTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds + ROUNDING_S));
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor((whole % 3600) / 60), "minute"],
    [whole % 60, "second"],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`);
  return said.join(" ") || "the start";
}

/** "Season 2", "Specials". */
export function seasonName(season: number): string {
  return season === 0 ? "Specials" : `Season ${season}`;
}

/** "S2 E4", "S2 E4–5", "Special 1". */
export function episodeCode({ season, number, number_to }: Pick<Place, "season" | "number" | "number_to">): string {
  const numbers = number_to === null ? String(number) : `${number}–${number_to}`;
  return season === 0 ? `Special ${numbers}` : `S${season}\u00a0E${numbers}`;
}

/** The same for a screen reader: "Season 2, episode 4". */
export function spokenEpisode({ season, number, number_to }: Pick<Place, "season" | "number" | "number_to">): string {
  const numbers = number_to === null ? String(number) : `${number} to ${number_to}`;
  return season === 0 ? `Special ${numbers}` : `Season ${season}, episode ${numbers}`;
}

/** "The Dark Ages: S1 E2 The Well" for an episode, else the title alone. */
export function fullTitle({ title, episode }: { title: string; episode: Place | null }): string {
  return episode ? `${episode.series_title ?? ""}: ${episodeCode(episode)} ${title}` : title;
}

export function day(moment: string): string {
  return new Date(moment).toLocaleDateString(undefined, { year: "numeric", month: "long", day: "numeric" });
}

export function moment(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function bytes(count: number): string {
  if (count < 1e6) return `${Math.max(1, Math.round(count / 1e3))} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

/** The name of a BCP 47 language, itself where the browser knows none. */
export function language(tag: string): string {
  if (!tag || tag === "und") return "Language not given";
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** A picture in at least `width` pixels, at the nearest stored width. */
export function pictureUrl(url: string, width: number): string {
  return `${url}${url.includes("?") ? "&" : "?"}w=${width}`;
}
