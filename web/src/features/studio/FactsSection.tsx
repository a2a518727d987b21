import { MATURITIES, maturityName } from "../../components/Badge";
import { Field, Select } from "../../components/Field";
import type { Maturity } from "../../lib/shapes";
import type { Edited, Errors } from "./edited";

type Props = { edited: Edited; errors: Errors; set: (part: Partial<Edited>) => void };

/** What is the same in every language. */
export function FactsSection({ edited, errors, set }: Props) {
  return (
    <section className="panel stack" aria-labelledby="facts-heading">
      <h2 id="facts-heading">Facts</h2>
      <div className="columns">
        <Field
          label="Year"
          inputMode="numeric"
          value={edited.year}
          error={errors.year}
          onChange={(event) => set({ year: event.target.value.trim() })}
        />
        <Select label="Age limit" value={edited.maturity} onChange={(event) => set({ maturity: Number(event.target.value) as Maturity })}>
          {MATURITIES.map((one) => (
            <option key={one} value={one}>
              {maturityName(one)}
            </option>
          ))}
        </Select>
      </div>
      <Field
        label="Genres"
        hint="Separated by commas"
        value={edited.genres}
        error={errors.genres}
        onChange={(event) => set({ genres: event.target.value })}
      />
    </section>
  );
}
