// What an editor has written about a title: as form fields hold it, as the API takes it, and merged with another editor's.
import type { Maturity, StudioTitle, StudioTitleChange } from "../../lib/shapes";

export type Translated = { title: string; synopsis: string };

/** Times are local, as `<input type="datetime-local">` holds them; "" where there is none. */
export type Edited = {
  title: string;
  synopsis: string;
  language: string;
  year: string;
  genres: string;
  maturity: Maturity;
  words: Record<string, Translated>;
  everywhere: boolean;
  territories: string[];
  starts_at: string;
  ends_at: string;
  series_id: string;
  season: string;
  number: string;
  number_to: string;
};

export type Errors = Record<string, string>;

const NAMES: Record<string, string> = {
  title: "Title",
  synopsis: "Synopsis",
  language: "Original language",
  year: "Year",
  genres: "Genres",
  maturity: "Age limit",
  countries: "Countries",
  starts_at: "Visible from",
  ends_at: "Visible until",
  place: "Place in a series",
};

/** "2027-03-01T20:15" here, for a moment of the API. */
export function localTime(moment: string | null): string {
  if (moment === null) return "";
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function momentOf(local: string): string | null {
  return local === "" ? null : new Date(local).toISOString();
}

export function editedOf({ episode, rights, translations, ...of }: StudioTitle): Edited {
  const words = Object.entries(translations).map(([tag, { title, synopsis = "" }]) => [tag, { title, synopsis }] as const);
  const territories = [...(rights.territories ?? [])].sort();
  return {
    title: of.title,
    synopsis: of.synopsis,
    language: of.language === "und" ? "" : of.language,
    year: of.year === null ? "" : String(of.year),
    genres: of.genres.join(", "),
    maturity: of.maturity,
    words: Object.fromEntries(words),
    everywhere: territories.length === 0,
    territories,
    starts_at: localTime(rights.starts_at ?? null),
    ends_at: localTime(rights.ends_at ?? null),
    series_id: episode?.series_id ?? "",
    season: episode ? String(episode.season) : "1",
    number: episode ? String(episode.number) : "",
    number_to: episode?.number_to ? String(episode.number_to) : "",
  };
}

const listOf = (genres: string) =>
  genres
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

const countriesOf = ({ everywhere, territories }: Edited) => (everywhere ? [] : [...territories].sort());

function placeOf({ series_id, season, number, number_to }: Edited): StudioTitleChange["episode"] {
  if (series_id === "") return null;
  return { series_id, season: Number(season), number: Number(number), number_to: number_to === "" ? null : Number(number_to) };
}

/** Each thing that can be changed by itself, as a text to compare. */
export function partsOf(edited: Edited): Map<string, string> {
  const { title, synopsis, language, year, genres, maturity, words, starts_at, ends_at } = edited;
  const plain = { title: title.trim(), synopsis, language, year, maturity: String(maturity), starts_at, ends_at };
  const parts = new Map<string, string>(Object.entries(plain));
  parts.set("genres", listOf(genres).join(", "));
  parts.set("countries", countriesOf(edited).join(", "));
  parts.set("place", JSON.stringify(placeOf(edited)));
  for (const [tag, said] of Object.entries(words)) parts.set(`words.${tag}`, JSON.stringify([said.title.trim(), said.synopsis]));
  return parts;
}

export function partName(part: string, languageName: (tag: string) => string): string {
  return NAMES[part] ?? `Words in ${languageName(part.replace("words.", ""))}`;
}

export function isChanged(base: Edited, edited: Edited): boolean {
  return changedParts(base, edited).length > 0;
}

function changedParts(base: Edited, edited: Edited): string[] {
  const before = partsOf(base);
  const after = partsOf(edited);
  return [...new Set([...before.keys(), ...after.keys()])].filter((part) => before.get(part) !== after.get(part));
}

/** The words without those of one language. */
export function without(words: Edited["words"], tag: string): Edited["words"] {
  return Object.fromEntries(Object.entries(words).filter(([one]) => one !== tag));
}

/** `edited` with one part as `from` has it. */
export function withPart(edited: Edited, part: string, from: Edited): Edited {
  if (part === "countries") return { ...edited, everywhere: from.everywhere, territories: from.territories };
  if (part === "place") {
    const { series_id, season, number, number_to } = from;
    return { ...edited, series_id, season, number, number_to };
  }
  if (part.startsWith("words.")) {
    const tag = part.slice("words.".length);
    const words = without(edited.words, tag);
    const theirs = from.words[tag];
    return { ...edited, words: theirs ? { ...words, [tag]: theirs } : words };
  }
  return { ...edited, [part]: from[part as keyof Edited] };
}

/** What both editors changed counts as theirs where only they changed it, as mine where I did; `disputed` are the parts that
 * both changed, each in another way: there mine stands until someone decides. */
export function merge(base: Edited, mine: Edited, theirs: Edited): { merged: Edited; taken: string[]; disputed: string[] } {
  const [before, own, other] = [partsOf(base), partsOf(mine), partsOf(theirs)];
  let merged = mine;
  const taken: string[] = [];
  const disputed: string[] = [];
  for (const part of changedParts(base, theirs)) {
    if (own.get(part) === other.get(part)) continue;
    if (own.get(part) === before.get(part)) {
      merged = withPart(merged, part, theirs);
      taken.push(part);
    } else disputed.push(part);
  }
  return { merged, taken, disputed };
}

/** What to ask of the API: what was changed, and nothing else. */
export function changeOf(base: StudioTitle, edited: Edited): StudioTitleChange {
  const before = editedOf(base);
  const changed = new Set(changedParts(before, edited));
  const change: StudioTitleChange = { revision: base.revision };
  if (changed.has("title")) change.title = edited.title.trim();
  if (changed.has("synopsis")) change.synopsis = edited.synopsis;
  if (changed.has("language")) change.language = edited.language || "und";
  if (changed.has("year")) change.year = edited.year === "" ? null : Number(edited.year);
  if (changed.has("genres")) change.genres = listOf(edited.genres);
  if (changed.has("maturity")) change.maturity = edited.maturity;
  if (changed.has("place")) change.episode = placeOf(edited) ?? null;
  if ([...changed].some((part) => part.startsWith("words."))) change.translations = edited.words;
  if (changed.has("countries") || changed.has("starts_at") || changed.has("ends_at")) {
    change.rights = {
      territories: countriesOf(edited),
      starts_at: changed.has("starts_at") ? momentOf(edited.starts_at) : (base.rights.starts_at ?? null),
      ends_at: changed.has("ends_at") ? momentOf(edited.ends_at) : (base.rights.ends_at ?? null),
    };
  }
  return change;
}

const whole = (text: string, most: number) => /^\d{1,5}$/.test(text) && Number(text) <= most;

function errorsOfPlace({ series_id, season, number, number_to }: Edited): Errors {
  if (series_id === "") return {};
  const errors: Errors = {};
  if (!whole(season, 9999)) errors.season = "Enter the season’s number; 0 for specials.";
  if (!whole(number, 99_999)) errors.number = "Enter the episode’s number.";
  if (number_to !== "" && (!whole(number_to, 99_999) || Number(number_to) < Number(number))) {
    errors.number_to = "Enter the last number of a double episode, or nothing.";
  }
  return errors;
}

/** What keeps it from being saved, by field. */
export function errorsOf(edited: Edited): Errors {
  const errors: Errors = errorsOfPlace(edited);
  if (edited.title.trim() === "") errors.title = "Enter a title.";
  const year = Number(edited.year);
  if (edited.year !== "" && !(Number.isInteger(year) && year >= 1880 && year <= 2200)) errors.year = "Enter a year from 1880 on.";
  for (const [tag, { title }] of Object.entries(edited.words)) {
    if (title.trim() === "") errors[`words.${tag}`] = "Enter the title in this language, or remove the language.";
  }
  if (listOf(edited.genres).length > 10) errors.genres = "A title has at most ten genres.";
  if (!edited.everywhere && edited.territories.length === 0) errors.countries = "Choose a country, or “Everywhere”.";
  if (edited.starts_at !== "" && edited.ends_at !== "" && edited.ends_at <= edited.starts_at) {
    errors.ends_at = "The end must be later than the start.";
  }
  return errors;
}
