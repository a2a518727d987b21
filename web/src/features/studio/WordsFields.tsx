import { MATURITIES, maturityName } from "../../components/Badge";
import { Field, Select, TextArea } from "../../components/Field";
import type { Maturity } from "../../lib/shapes";
import type { Words } from "./film";

export const NO_WORDS: Words = { title: "", synopsis: "", year: "", genre: "", maturity: 18, language: "" };

/** What is written about a film, in the upload form and when it is edited. */
export function WordsFields({ words, onChange }: { words: Words; onChange: (words: Words) => void }) {
  const set = (part: Partial<Words>) => onChange({ ...words, ...part });
  return (
    <>
      <Field label="Title" required maxLength={200} value={words.title} onChange={(event) => set({ title: event.target.value })} />
      <TextArea
        label="Synopsis"
        rows={4}
        maxLength={4000}
        value={words.synopsis}
        onChange={(event) => set({ synopsis: event.target.value })}
      />
      <div className="columns">
        <Field
          label="Year"
          inputMode="numeric"
          pattern="(18[89][0-9]|19[0-9]{2}|2[01][0-9]{2}|2200)"
          title="A year from 1880 on"
          value={words.year}
          onChange={(event) => set({ year: event.target.value.trim() })}
        />
        <Select
          label="Age limit"
          value={words.maturity}
          onChange={(event) => set({ maturity: Number(event.target.value) as Maturity })}
        >
          {MATURITIES.map((one) => (
            <option key={one} value={one}>
              {maturityName(one)}
            </option>
          ))}
        </Select>
        <Field
          label="Language"
          hint="Such as en, de, pt-BR"
          pattern="[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"
          title="A language tag such as en or pt-BR"
          value={words.language}
          onChange={(event) => set({ language: event.target.value.trim() })}
        />
      </div>
      <Field
        label="Genres"
        hint="Separated by commas"
        value={words.genre}
        onChange={(event) => set({ genre: event.target.value })}
      />
    </>
  );
}
