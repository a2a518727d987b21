import { Button } from "../../components/Button";
import { Field, Select } from "../../components/Field";
import { Notice } from "../../components/Notice";
import type { Film } from "./film";
import { recall } from "./memory";
import { WordsFields } from "./WordsFields";

const ROLES = { main: "All that is said", forced: "Foreign parts only", caption: "For the hard of hearing", commentary: "Commentary" };

type Props = { film: Film; alone: boolean; onChange: (film: Film) => void; onRemove: () => void };

/** One chosen film: what is written about it, and the files that go with it. */
export function FilmFields({ film, alone, onChange, onRemove }: Props) {
  const { words, subtitles, poster, place = { series: "", season: "", episode: "" } } = film;
  const put = (part: Partial<Film>) => onChange({ ...film, ...part });
  const fields = (
    <div className="stack">
      {recall(film.file) && <Notice>This file was begun before; it goes on where it stopped.</Notice>}
      {subtitles.map((subtitle, at) => {
        const change = (part: Partial<typeof subtitle>) =>
          put({ subtitles: subtitles.map((one, index) => (index === at ? { ...one, ...part } : one)) });
        return (
          <div className="columns" key={subtitle.file.name}>
            <Field
              label={`Language of ${subtitle.file.name}`}
              required
              pattern="[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"
              value={subtitle.language}
              onChange={(event) => change({ language: event.target.value.trim() })}
            />
            <Select
              label={`Kind of ${subtitle.file.name}`}
              value={subtitle.role}
              onChange={(event) => change({ role: event.target.value })}
            >
              {Object.entries(ROLES).map(([role, name]) => (
                <option key={role} value={role}>
                  {name}
                </option>
              ))}
            </Select>
          </div>
        );
      })}
      {poster && <p className="muted">Poster: {poster.name}</p>}
      <WordsFields words={words} onChange={(changed) => put({ words: changed })} />
      <details className="upload-more" open={place.series !== "" || undefined}>
        <summary>Series and protection</summary>
        <div className="stack">
          <div className="columns">
            <Field label="Series" maxLength={200} value={place.series} onChange={(event) => put({ place: { ...place, series: event.target.value } })} />
            <Field
              label="Season"
              inputMode="numeric"
              pattern="[0-9]{1,4}"
              value={place.season}
              onChange={(event) => put({ place: { ...place, season: event.target.value.trim() } })}
            />
            <Field
              label="Episode"
              inputMode="numeric"
              pattern="[0-9]{1,5}"
              required={place.series !== ""}
              value={place.episode}
              onChange={(event) => put({ place: { ...place, episode: event.target.value.trim() } })}
            />
          </div>
          <Select
            label="Protection"
            value={film.protection ?? "signed"}
            onChange={(event) => put({ protection: event.target.value as "signed" | "clearkey" })}
          >
            <option value="signed">Open to every player</option>
            <option value="clearkey">Encrypted (Clear Key)</option>
          </Select>
        </div>
      </details>
    </div>
  );
  if (alone) return fields;
  return (
    <details className="upload-film">
      <summary>
        <strong>{place.series ? `${place.series} S${place.season}E${place.episode}: ${words.title}` : words.title}</strong>{" "}
        <span className="muted small">
          {film.file.name}
          {subtitles.length > 0 && `, ${subtitles.length} subtitle ${subtitles.length === 1 ? "file" : "files"}`}
          {poster && ", poster"}
        </span>
      </summary>
      <fieldset className="upload-fields">
        <legend className="sr-only">{film.file.name}</legend>
        {fields}
        <Button onClick={onRemove}>Leave out</Button>
      </fieldset>
    </details>
  );
}
