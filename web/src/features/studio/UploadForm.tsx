import { type ChangeEvent, type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { ErrorNotice, Notice } from "../../components/Notice";
import { ProgressBar } from "../../components/Poster";
import { bytes } from "../../lib/format";
import { type Film, sendFilm, sizeOf, type Subtitle, type Words } from "./film";
import { recall } from "./memory";
import { NO_WORDS, WordsFields } from "./WordsFields";

type Sending = { film: Film; sent: number; waiting: boolean };

/** "My.Film.de.vtt" is probably German. */
function languageOf(file: File): string {
  return /[._-]([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)\.(?:vtt|srt)$/.exec(file.name)?.[1] ?? "en";
}

function useUpload(onDone: () => void) {
  const [sending, setSending] = useState<Sending | null>(null);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  useEffect(() => {
    if (!sending) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [sending]);
  const start = async (film: Film) => {
    const control = new AbortController();
    stop.current = control;
    setError(null);
    setSending({ film, sent: 0, waiting: false });
    try {
      await sendFilm(film, (sent, note) => setSending({ film, sent, waiting: note === "waiting" }), control.signal);
      onDone();
    } catch (failure) {
      if (!control.signal.aborted) setError(failure);
    } finally {
      setSending(null);
    }
  };
  return { sending, error, start, pause: () => stop.current?.abort() };
}

function Sent({ sending, onPause }: { sending: Sending; onPause: () => void }) {
  const size = sizeOf(sending.film);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void box.current?.scrollIntoView({ block: "center" }); // may give a promise, which an effect must not
  }, []);
  return (
    <div className="stack" ref={box}>
      <p>
        <strong>{sending.film.words.title}</strong>: {bytes(sending.sent)} of {bytes(size)}
      </p>
      <ProgressBar value={sending.sent / size} label={`Uploading ${sending.film.words.title}`} />
      {sending.waiting && <Notice>The connection broke. It goes on by itself as soon as Matinee can be reached.</Notice>}
      <div className="actions">
        <Button onClick={onPause}>Pause</Button>
      </div>
    </div>
  );
}

export function UploadForm() {
  const [file, setFile] = useState<File | null>(null);
  const [words, setWords] = useState<Words>(NO_WORDS);
  const [subtitles, setSubtitles] = useState<Subtitle[]>([]);
  const [done, setDone] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const { sending, error, start, pause } = useUpload(() => {
    setDone(words.title);
    setFile(null);
    setWords(NO_WORDS);
    setSubtitles([]);
    form.current?.reset();
  });
  const chooseFilm = (event: ChangeEvent<HTMLInputElement>) => {
    const chosen = event.target.files?.[0] ?? null;
    setFile(chosen);
    setDone("");
    if (chosen && words.title === "") {
      setWords({ ...words, title: chosen.name.replace(/\.[^.]+$/, "").replace(/[._]+/g, " ").trim() });
    }
  };
  const chooseSubtitles = (event: ChangeEvent<HTMLInputElement>) =>
    setSubtitles([...(event.target.files ?? [])].map((one) => ({ file: one, language: languageOf(one) })));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file && !sending) void start({ file, words: { ...words, title: words.title.trim() }, subtitles });
  };
  return (
    <section className="panel" aria-labelledby="upload-heading">
      <h2 id="upload-heading">Add a film</h2>
      {done && <Notice tone="good">“{done}” is uploaded and will be prepared now.</Notice>}
      <ErrorNotice error={error} />
      {sending && <Sent sending={sending} onPause={pause} />}
      <form ref={form} onSubmit={submit} className="stack" hidden={sending !== null}>
        <Field label="Film file" type="file" accept="video/*,.mkv,.mxf,.mov,.ts" required onChange={chooseFilm} />
        {file && recall(file) && <Notice>This file was begun before; it goes on where it stopped.</Notice>}
        <Field label="Subtitle files" type="file" accept=".vtt,.srt" multiple hint="WebVTT or SRT; optional" onChange={chooseSubtitles} />
        {subtitles.map((subtitle, index) => (
          <Field
            key={subtitle.file.name}
            label={`Language of ${subtitle.file.name}`}
            required
            pattern="[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"
            value={subtitle.language}
            onChange={(event) =>
              setSubtitles(subtitles.map((one, at) => (at === index ? { ...one, language: event.target.value.trim() } : one)))
            }
          />
        ))}
        <WordsFields words={words} onChange={setWords} />
        <Button type="submit" kind="primary">
          Upload
        </Button>
      </form>
    </section>
  );
}
