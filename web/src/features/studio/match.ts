// Which of the chosen files are films, and what lies beside them, by their names alone.

export type Subtitle = { file: File; language: string; role: string };
export type Place = { series: string; season: string; episode: string };
export type Chosen = { file: File; title: string; year: string; place: Place; subtitles: Subtitle[]; poster: File | null };

const FILMS = /\.(3gp|avi|divx|dv|flv|gxf|m2ts|m2v|m4v|mkv|mov|mp4|mpe?g|mts|mxf|og[mv]|ts|vob|webm|wmv|y4m)$/i;
const TEXTS = /\.(srt|vtt|ass|ssa|ttml|dfxp|itt)$/i;
const PICTURES = /\.(jpe?g|png|webp)$/i;
const EPISODE = /^(?<series>.*?)[\s._-]*s(?<season>\d{1,4})[\s._-]*e(?<episode>\d{1,5})(?:-?e?\d{1,5})?(?!\d)[\s._-]*(?<title>.*)$/i;
const YEAR = /^(?<title>.+?)[\s._]*[([](?<year>(?:18[89]|19\d|20\d|21\d)\d)[)\]]/;
const RELEASE = /[\s._([-]+(?:(?:480|576|720|1080|2160)[ip]|blu-?ray|web-?(?:dl|rip)|hdtv|x26[45]|h\.?26[45]|hevc).*$/i;
const LANGUAGE = /[._-]([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)(?:[._-](?:forced|sdh|cc|hi))*$/;
const ROLES: [RegExp, string][] = [
  [/[._-]forced(?:[._-]|$)/i, "forced"],
  [/[._-](?:sdh|cc)(?:[._-]|$)/i, "caption"],
];

const stemOf = (name: string) => name.replace(/\.[^.]+$/, "");
const plain = (text: string) => (text.includes(" ") ? text : text.replace(/[._]+/g, " ")).replace(/_/g, " ").trim();

/** "My.Film.de.vtt" is probably German. */
export function subtitleOf(file: File): Subtitle {
  const stem = stemOf(file.name);
  const role = ROLES.find(([mark]) => mark.test(stem))?.[1] ?? "main";
  return { file, language: LANGUAGE.exec(stem)?.[1] ?? "en", role };
}

function filmOf(file: File): Chosen {
  const stem = stemOf(file.name);
  const beside = { file, subtitles: [], poster: null };
  const episode = EPISODE.exec(stem)?.groups;
  if (episode?.series) {
    const { series = "", season = "", title = "" } = episode;
    const place = { series: plain(series.replace(YEAR, "$1")), season: String(Number(season)), episode: String(Number(episode.episode)) };
    return { ...beside, title: plain(title.replace(RELEASE, "")) || `Episode ${place.episode}`, year: "", place };
  }
  const named = YEAR.exec(stem)?.groups;
  const place = { series: "", season: "", episode: "" };
  return { ...beside, title: plain(named?.title ?? stem.replace(RELEASE, "")) || stem, year: named?.year ?? "", place };
}

function ownerOf(file: File, films: Chosen[]): Chosen | undefined {
  const stem = stemOf(file.name);
  const after = films.filter((film) => {
    const own = stemOf(film.file.name);
    return stem === own || stem.startsWith(`${own}.`) || stem.startsWith(`${own}-`);
  });
  const longest = after.sort((a, b) => b.file.name.length - a.file.name.length)[0];
  return longest ?? (films.length === 1 ? films[0] : undefined);
}

/** The films with what belongs to each, added to those that were chosen before; `left` are files that belong to none. */
export function matched(before: Chosen[], files: File[]): { films: Chosen[]; left: File[] } {
  const known = new Set(before.map(({ file }) => `${file.name}:${file.size}`));
  const isBeside = (file: File) => TEXTS.test(file.name) || PICTURES.test(file.name);
  const isFilm = (file: File) => FILMS.test(file.name) || file.type.startsWith("video/");
  const alone = files.length === 1 && before.length === 0; // who chooses one file means it
  const fresh = files.filter((file) => (isFilm(file) || (alone && !isBeside(file))) && !known.has(`${file.name}:${file.size}`));
  const films = [...before.map((film) => ({ ...film })), ...fresh.map(filmOf)];
  const left: File[] = [];
  for (const file of files.filter((one) => !fresh.includes(one) && !known.has(`${one.name}:${one.size}`))) {
    const owner = isBeside(file) ? ownerOf(file, films) : undefined;
    if (!owner) left.push(file);
    else if (PICTURES.test(file.name)) owner.poster = file;
    else if (!owner.subtitles.some((one) => one.file.name === file.name)) owner.subtitles = [...owner.subtitles, subtitleOf(file)];
  }
  return { films, left };
}
