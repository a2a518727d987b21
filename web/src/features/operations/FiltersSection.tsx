import type { Filter, Live } from "../../lib/shapes";
import { count } from "./figures";
import { Table } from "./Table";

const KINDS: Record<string, string> = {
  inbound: "Inbound",
  endpoint: "Endpoint",
  outbound: "Outbound",
  finished: "When it is over",
};

function mean(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 1e-3 ? `${(seconds * 1e6).toFixed(1)}\u00a0µs` : `${(seconds * 1e3).toFixed(2)}\u00a0ms`;
}

function on(filter: Filter): { text: string; tone: string } {
  if (!filter.source) return { text: "Always", tone: "" };
  if (!filter.on) return { text: "Off", tone: "muted" };
  return filter.percent < 100 ? { text: `For ${filter.percent}\u00a0%`, tone: "wait" } : { text: "On", tone: "good" };
}

function FilterRow({ filter }: { filter: Filter }) {
  const { text, tone } = on(filter);
  return (
    <tr>
      <th scope="row">{filter.name}</th>
      <td className="muted">{KINDS[filter.kind] ?? filter.kind}</td>
      <td>
        <span className={`state ${tone}`}>{text}</span>
      </td>
      <td className="number">
        {!filter.source && filter.runs > 0 && "about "}
        {filter.runs > 0 ? count(filter.runs) : "–"}
      </td>
      <td className="number">
        <span className={filter.failures > 0 ? "bad" : undefined}>{filter.failures > 0 ? count(filter.failures) : "none"}</span>
      </td>
      <td className="number">{mean(filter.mean_s)}</td>
      <td className="muted">{filter.source || "the house’s own"}</td>
    </tr>
  );
}

/** The chain, in the order in which it runs. */
export function FiltersSection({ live }: { live: Live }) {
  return (
    <section className="panel" aria-labelledby="filters-heading">
      <h2 id="filters-heading">Filters</h2>
      <Table
        label="Filters"
        head={
          <>
            <th scope="col">Filter</th>
            <th scope="col">List</th>
            <th scope="col">On</th>
            <th scope="col" className="number">
              Runs
            </th>
            <th scope="col" className="number">
              Failures
            </th>
            <th scope="col" className="number">
              Mean time
            </th>
            <th scope="col">From</th>
          </>
        }
      >
        {live.filters.map((filter) => (
          <FilterRow key={`${filter.kind} ${filter.name}`} filter={filter} />
        ))}
      </Table>
    </section>
  );
}
