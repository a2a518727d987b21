import type { Maturity } from "../../lib/shapes";
import type { Place, Subtitle } from "./match";
import { forgetUpload, recall, remember } from "./memory";
import { cancel, create, idOf, type Metadata, offsetOf, type Progress, upload } from "./tus";

export type Words = { title: string; synopsis: string; year: string; genre: string; maturity: Maturity; language: string };
export type Film = {
  file: File;
  words: Words;
  subtitles: Subtitle[];
  poster?: File | null;
  place?: Place;
  protection?: "signed" | "clearkey";
};

function metadataOf({ file, words, subtitles, poster, place, protection }: Film): Metadata {
  const sidecars = subtitles.length + (poster ? 1 : 0);
  const about = { ...words, maturity: String(words.maturity), filename: file.name, sidecars: String(sidecars) };
  return { ...about, protection: protection ?? "signed", ...(place?.series ? place : {}) };
}

/** An upload of this file that was broken off and that the server still knows. */
async function begun(file: File, signal: AbortSignal): Promise<string | null> {
  const url = recall(file);
  if (url === null) return null;
  try {
    return (await offsetOf(url, signal)) < file.size ? url : null;
  } catch {
    if (!signal.aborted) forgetUpload(file);
    return null;
  }
}

async function placeOf(file: File, title: string, metadata: Metadata, signal: AbortSignal): Promise<string> {
  const known = await begun(file, signal);
  if (known !== null) return known;
  const made = await create(file, metadata, signal);
  remember(file, made, title);
  return made;
}

/** What goes with the film: each file, and what is written about it. */
function beside({ words, subtitles, poster }: Film, filmId: string): [File, Metadata][] {
  const title = words.title;
  const texts = subtitles.map(({ file, language, role }): [File, Metadata] => [
    file,
    { filename: file.name, title, subtitle_of: filmId, subtitle_language: language, subtitle_role: role },
  ]);
  return poster ? [...texts, [poster, { filename: poster.name, title, poster_of: filmId }]] : texts;
}

/** The film is announced first, since what goes with it names it; its bytes come last. `progress` counts all bytes together. */
export async function sendFilm(film: Film, progress: Progress, signal: AbortSignal): Promise<void> {
  const url = await placeOf(film.file, film.words.title, metadataOf(film), signal);
  let before = 0;
  for (const [file, about] of beside(film, idOf(url))) {
    const place = await placeOf(file, "", about, signal);
    const done = before;
    await upload(place, file, (sent, note) => progress(done + sent, note), signal);
    before += file.size;
  }
  await upload(url, film.file, (sent, note) => progress(before + sent, note), signal);
  for (const file of filesOf(film)) forgetUpload(file);
}

/** Gives up what was begun of the film, here and on the server. */
export async function giveUp(film: Film): Promise<void> {
  const url = recall(film.file);
  for (const file of filesOf(film)) forgetUpload(file);
  if (url !== null) await cancel(url);
}

const filesOf = ({ file, subtitles, poster }: Film) => [...subtitles.map((one) => one.file), ...(poster ? [poster] : []), file];

export const sizeOf = (film: Film) => filesOf(film).reduce((sum, file) => sum + file.size, 0);
