import type { Maturity } from "../../lib/shapes";
import { forgetUpload, recall, remember } from "./memory";
import { create, idOf, type Metadata, offsetOf, type Progress, upload } from "./tus";

export type Words = { title: string; synopsis: string; year: string; genre: string; maturity: Maturity; language: string };
export type Subtitle = { file: File; language: string };
export type Film = { file: File; words: Words; subtitles: Subtitle[] };

function metadataOf({ file, words, subtitles }: Film): Metadata {
  return { ...words, maturity: String(words.maturity), filename: file.name, sidecars: String(subtitles.length) };
}

/** An upload of this file that was broken off and that the server still knows. */
async function begun(file: File, signal: AbortSignal): Promise<string | null> {
  const url = recall(file);
  if (url === null) return null;
  try {
    return (await offsetOf(url, signal)) < file.size ? url : null;
  } catch {
    forgetUpload(file);
    return null;
  }
}

async function placeOf(file: File, metadata: Metadata, signal: AbortSignal): Promise<string> {
  const known = await begun(file, signal);
  if (known !== null) return known;
  const made = await create(file, metadata, signal);
  remember(file, made);
  return made;
}

/** The film is announced first, since its subtitles name it; its bytes come last. `progress` counts all bytes together. */
export async function sendFilm(film: Film, progress: Progress, signal: AbortSignal): Promise<void> {
  const url = await placeOf(film.file, metadataOf(film), signal);
  let before = 0;
  for (const { file, language } of film.subtitles) {
    const about = { filename: file.name, title: film.words.title, subtitle_of: idOf(url), subtitle_language: language };
    const place = await placeOf(file, about, signal);
    const done = before;
    await upload(place, file, (sent, note) => progress(done + sent, note), signal);
    forgetUpload(file);
    before += file.size;
  }
  await upload(url, film.file, (sent, note) => progress(before + sent, note), signal);
  forgetUpload(film.file);
}

export const sizeOf = ({ file, subtitles }: Film) => subtitles.reduce((sum, one) => sum + one.file.size, file.size);
