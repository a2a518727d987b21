import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Field, Select } from "../../components/Field";
import { titles } from "../../lib/calls/studio";
import type { Place } from "../../lib/shapes";
import type { Edited, Errors } from "./edited";

type Props = { edited: Edited; errors: Errors; now: Place | null; set: (part: Partial<Edited>) => void };

const MOST = 100;

/** Where an episode belongs: a film becomes one as soon as it has a series. */
export function PlaceSection({ edited, errors, now, set }: Props) {
  const [words, setWords] = useState("");
  const series = useQuery({
    queryKey: ["studio-titles", "series", words],
    queryFn: () => titles({ q: words, state: null, kind: "series" }, null, MOST),
  });
  const found = series.data?.titles ?? [];
  const missing = edited.series_id !== "" && !found.some(({ id }) => id === edited.series_id);
  return (
    <section className="panel stack" aria-labelledby="place-heading">
      <h2 id="place-heading">Series</h2>
      {series.data?.next && <Field label="Search series" type="search" value={words} onChange={(event) => setWords(event.target.value)} />}
      <Select label="Belongs to" value={edited.series_id} error={errors.series_id} onChange={(event) => set({ series_id: event.target.value })}>
        <option value="">No series: a film of its own</option>
        {missing && <option value={edited.series_id}>{now?.series_title ?? "Another series"}</option>}
        {found.map(({ id, title, year }) => (
          <option key={id} value={id}>
            {year ? `${title} (${year})` : title}
          </option>
        ))}
      </Select>
      {found.length === 0 && series.isSuccess && !missing && words === "" && (
        <p className="muted small">There are no series yet. Begin one on the studio’s page.</p>
      )}
      {edited.series_id !== "" && (
        <div className="columns">
          <Field
            label="Season"
            hint="0 for specials"
            inputMode="numeric"
            value={edited.season}
            error={errors.season}
            onChange={(event) => set({ season: event.target.value.trim() })}
          />
          <Field
            label="Episode"
            inputMode="numeric"
            value={edited.number}
            error={errors.number}
            onChange={(event) => set({ number: event.target.value.trim() })}
          />
          <Field
            label="To episode"
            hint="For a double episode"
            inputMode="numeric"
            value={edited.number_to}
            error={errors.number_to}
            onChange={(event) => set({ number_to: event.target.value.trim() })}
          />
        </div>
      )}
    </section>
  );
}
