import { useId } from "react";
import { Field } from "../../components/Field";
import { CountryPicker } from "./CountryPicker";
import type { Edited, Errors } from "./edited";
import { zoneName } from "./places";

type Props = { edited: Edited; errors: Errors; set: (part: Partial<Edited>) => void };

/** Where and when members may see a title. */
export function WindowSection({ edited, errors, set }: Props) {
  const where = useId();
  const zone = zoneName();
  return (
    <section className="panel stack" aria-labelledby="window-heading">
      <h2 id="window-heading">Where and when</h2>
      <fieldset className="choice">
        <legend>Where</legend>
        <label className="check">
          <input type="radio" name={where} checked={edited.everywhere} onChange={() => set({ everywhere: true })} />
          Everywhere
        </label>
        <label className="check">
          <input type="radio" name={where} checked={!edited.everywhere} onChange={() => set({ everywhere: false })} />
          Only in some countries
        </label>
      </fieldset>
      {!edited.everywhere && (
        <CountryPicker chosen={edited.territories} error={errors.countries} onChange={(territories) => set({ territories })} />
      )}
      <div className="columns wide">
        <Field
          label="Visible from"
          type="datetime-local"
          hint={`Left empty: as soon as it is published. ${zone}`}
          value={edited.starts_at}
          error={errors.starts_at}
          onChange={(event) => set({ starts_at: event.target.value })}
        />
        <Field
          label="Visible until"
          type="datetime-local"
          hint={`Left empty: without end. ${zone}`}
          value={edited.ends_at}
          error={errors.ends_at}
          onChange={(event) => set({ ends_at: event.target.value })}
        />
      </div>
    </section>
  );
}
