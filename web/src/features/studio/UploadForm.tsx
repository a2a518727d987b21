import { useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, type DragEvent, type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { Notice } from "../../components/Notice";
import { FilmFields } from "./FilmFields";
import type { Film } from "./film";
import { type Chosen, matched } from "./match";
import { queue, useQueue } from "./queue";
import { Unfinished } from "./Unfinished";
import { UploadList } from "./UploadList";
import { NO_WORDS } from "./WordsFields";

const BESIDE = ".vtt,.srt,.ass,.ssa,.ttml,.dfxp,.itt,.jpg,.jpeg,.png,.webp";

const filmOf = ({ title, year, ...chosen }: Chosen): Film => ({ ...chosen, words: { ...NO_WORDS, title: title.slice(0, 200), year } });
const chosenOf = ({ file, words, subtitles, poster, place }: Film): Chosen => ({
  file,
  title: words.title,
  year: words.year,
  subtitles,
  poster: poster ?? null,
  place: place ?? { series: "", season: "", episode: "" },
});

/** The films with the newly chosen files; what was written about those before stays. */
function joined(before: Film[], files: File[]): { films: Film[]; left: File[] } {
  const { films, left } = matched(before.map(chosenOf), files);
  const merged = films.map((one, at) => {
    const known = before[at];
    return known ? { ...known, subtitles: one.subtitles, poster: one.poster } : filmOf(one);
  });
  return { films: merged, left };
}

/** The files of a drop, those in folders too. */
async function dropped(items: DataTransferItemList): Promise<File[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const walk = async (entry: FileSystemEntry): Promise<File[]> => {
    if (entry.isFile) return [await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail))];
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    const found: File[] = [];
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
      if (some.length === 0) return found;
      for (const one of some) found.push(...(await walk(one)));
    }
  };
  return (await Promise.all(entries.map(walk))).flat();
}

export function UploadForm() {
  const [films, setFilms] = useState<Film[]>([]);
  const [left, setLeft] = useState<File[]>([]);
  const [over, setOver] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const queries = useQueryClient();
  const done = useQueue().filter(({ status }) => status === "done").length;
  useEffect(() => {
    if (done > 0) void queries.invalidateQueries({ queryKey: ["studio-titles"] });
  }, [done, queries]);
  const take = (files: File[]) => {
    const { films: now, left: strangers } = joined(films, files);
    setFilms(now);
    setLeft(strangers.filter((file) => !file.name.startsWith(".")));
  };
  const choose = (event: ChangeEvent<HTMLInputElement>) => take([...(event.target.files ?? [])]);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void dropped(event.dataTransfer.items).then(take, () => setLeft([]));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    queue.add(films.map((film) => ({ ...film, words: { ...film.words, title: film.words.title.trim() } })));
    setFilms([]);
    setLeft([]);
    form.current?.reset();
  };
  return (
    <section
      className={`panel upload-panel ${over ? "over" : ""}`}
      aria-labelledby="upload-heading"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <h2 id="upload-heading">Add films</h2>
      <UploadList />
      <Unfinished />
      <form ref={form} onSubmit={submit} className="stack">
        <Field
          label="Film files"
          type="file"
          multiple
          accept={`video/*,.mkv,.mxf,.mov,.ts,${BESIDE}`}
          required={films.length === 0}
          hint="Choose or drop as many as you like; subtitles and posters named like a film go with it."
          onChange={choose}
        />
        {films.length > 0 && (
          <Field label="Subtitle files and posters" type="file" accept={BESIDE} multiple hint="Optional" onChange={choose} />
        )}
        {left.length > 0 && (
          <Notice>
            Left out, since no film is named like {left.length === 1 ? "it" : "them"}: {left.map(({ name }) => name).join(", ")}.
          </Notice>
        )}
        {films.map((film, at) => (
          <FilmFields
            key={`${film.file.name}:${film.file.size}:${film.file.lastModified}`}
            film={film}
            alone={films.length === 1}
            onChange={(changed) => setFilms((all) => all.map((one, index) => (index === at ? changed : one)))}
            onRemove={() => setFilms((all) => all.filter((_, index) => index !== at))}
          />
        ))}
        <Button type="submit" kind="primary">
          {films.length > 1 ? `Upload ${films.length} films` : "Upload"}
        </Button>
      </form>
    </section>
  );
}
