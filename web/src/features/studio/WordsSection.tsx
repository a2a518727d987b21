import { useRef, useState } from "react";
import { Button } from "../../components/Button";
import { Field, Select, TextArea } from "../../components/Field";
import { language as languageName } from "../../lib/format";
import { type Edited, type Errors, type Translated, without } from "./edited";
import { allLanguages } from "./places";

type Props = { edited: Edited; errors: Errors; set: (part: Partial<Edited>) => void };

const TAG = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** The tag as it is usually written, "pt-BR" for "PT-br"; null for what is none. */
function tagOf(typed: string): string | null {
  if (!TAG.test(typed)) return null;
  try {
    return Intl.getCanonicalLocales(typed)[0] ?? null;
  } catch {
    return null;
  }
}

function Options({ without = [] }: { without?: string[] }) {
  return allLanguages()
    .filter(({ code }) => !without.includes(code))
    .map(({ code, name }) => (
      <option key={code} value={code}>
        {name}
      </option>
    ));
}

function Original({ edited, errors, set }: Props) {
  const known = edited.language === "" || allLanguages().some(({ code }) => code === edited.language);
  return (
    <fieldset className="words">
      <legend>Original</legend>
      <Select label="Original language" value={edited.language} onChange={(event) => set({ language: event.target.value })}>
        <option value="">Not given</option>
        {!known && <option value={edited.language}>{languageName(edited.language)}</option>}
        <Options without={Object.keys(edited.words)} />
      </Select>
      <Field
        label="Title"
        required
        maxLength={200}
        value={edited.title}
        error={errors.title}
        onChange={(event) => set({ title: event.target.value })}
      />
      <TextArea
        label="Synopsis"
        rows={5}
        maxLength={4000}
        value={edited.synopsis}
        error={errors.synopsis}
        onChange={(event) => set({ synopsis: event.target.value })}
      />
    </fieldset>
  );
}

type TranslationProps = {
  tag: string;
  words: Translated;
  error: string | undefined;
  onChange: (words: Translated) => void;
  onRemove: () => void;
};

function Translation({ tag, words, error, onChange, onRemove }: TranslationProps) {
  const name = languageName(tag);
  return (
    <fieldset className="words">
      <legend>{name}</legend>
      <Field
        label={`Title in ${name}`}
        required
        maxLength={200}
        lang={tag}
        value={words.title}
        error={error}
        onChange={(event) => onChange({ ...words, title: event.target.value })}
      />
      <TextArea
        label={`Synopsis in ${name}`}
        rows={4}
        maxLength={4000}
        lang={tag}
        hint="Left empty, the original one is shown."
        value={words.synopsis}
        onChange={(event) => onChange({ ...words, synopsis: event.target.value })}
      />
      <div>
        <Button aria-label={`Remove ${name}`} onClick={onRemove}>
          Remove
        </Button>
      </div>
    </fieldset>
  );
}

const OTHER = "other";

/** A language from the list, or any other by its tag. */
function AddLanguage({ taken, onAdd }: { taken: string[]; onAdd: (tag: string) => void }) {
  const [chosen, setChosen] = useState("");
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string>();
  const add = () => {
    const tag = chosen === OTHER ? tagOf(typed.trim()) : chosen;
    if (!tag) return setError(chosen === OTHER ? "Enter a language tag such as gsw or pt-AO." : "Choose a language.");
    if (taken.includes(tag)) return setError(`${languageName(tag)} is here already.`);
    onAdd(tag);
    setChosen("");
    setTyped("");
    setError(undefined);
  };
  return (
    <div className="add-language">
      <Select label="Another language" value={chosen} error={chosen === OTHER ? undefined : error} onChange={(event) => setChosen(event.target.value)}>
        <option value="">Choose…</option>
        <Options without={taken} />
        <option value={OTHER}>Another, by its tag…</option>
      </Select>
      {chosen === OTHER && (
        <Field label="Language tag" hint="Such as gsw or pt-AO" value={typed} error={error} onChange={(event) => setTyped(event.target.value)} />
      )}
      <Button onClick={add}>Add language</Button>
    </div>
  );
}

/** Title and synopsis in as many languages as there are. Each member reads the one that the browser asks for. */
export function WordsSection({ edited, errors, set }: Props) {
  const box = useRef<HTMLElement>(null);
  const put = (words: Edited["words"]) => set({ words });
  const remove = (tag: string) => {
    put(without(edited.words, tag));
    box.current?.querySelector<HTMLElement>("h2")?.focus(); // its button goes, and the focus must not go with it
  };
  const add = (tag: string) => {
    put({ ...edited.words, [tag]: { title: "", synopsis: "" } });
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`input[lang="${tag}"]`)?.focus());
  };
  return (
    <section className="panel stack" aria-labelledby="words-heading" ref={box}>
      <h2 id="words-heading" tabIndex={-1}>
        Words
      </h2>
      <Original edited={edited} errors={errors} set={set} />
      {Object.entries(edited.words).map(([tag, words]) => (
        <Translation
          key={tag}
          tag={tag}
          words={words}
          error={errors[`words.${tag}`]}
          onChange={(changed) => put({ ...edited.words, [tag]: changed })}
          onRemove={() => remove(tag)}
        />
      ))}
      <AddLanguage taken={[edited.language, ...Object.keys(edited.words)]} onAdd={add} />
    </section>
  );
}
