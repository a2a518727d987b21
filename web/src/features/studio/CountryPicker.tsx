import { useId, useState } from "react";
import { Icon } from "../../components/Icon";
import { allCountries, among } from "./places";

type Props = { chosen: string[]; error: string | undefined; onChange: (chosen: string[]) => void };

/** The chosen ones, each with a way to take it out. */
function Chosen({ chosen, onChange }: Omit<Props, "error">) {
  const names = new Map(allCountries().map(({ code, name }) => [code, name]));
  return (
    <ul className="chips" aria-label="Chosen countries">
      {chosen.map((code) => (
        <li key={code} className="chip">
          {names.get(code) ?? code}
          <button
            type="button"
            aria-label={`Remove ${names.get(code) ?? code}`}
            onClick={() => onChange(chosen.filter((one) => one !== code))}
          >
            <Icon name="close" size={16} />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** All countries to tick, with a search above them. */
export function CountryPicker({ chosen, error, onChange }: Props) {
  const id = useId();
  const [words, setWords] = useState("");
  const found = among(allCountries(), words);
  const toggle = (code: string) =>
    onChange(chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code].sort());
  return (
    <fieldset className="countries">
      <legend>Countries</legend>
      {chosen.length > 0 && <Chosen chosen={chosen} onChange={onChange} />}
      <div className="field">
        <label htmlFor={id}>Search countries</label>
        <input
          id={id}
          type="search"
          autoComplete="off"
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-error` : undefined}
          value={words}
          onChange={(event) => setWords(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        />
        {error && (
          <p id={`${id}-error`} className="field-error">
            {error}
          </p>
        )}
      </div>
      <p className="sr-only" role="status">
        {words && `${found.length} countries found`}
      </p>
      <ul className="ticks" tabIndex={-1}>
        {found.map(({ code, name }) => (
          <li key={code}>
            <label className="check">
              <input type="checkbox" checked={chosen.includes(code)} onChange={() => toggle(code)} />
              {name}
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
