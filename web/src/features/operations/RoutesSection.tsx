import type { Live } from "../../lib/shapes";
import { FlowCells, FlowHeads } from "./FlowCells";
import { Table } from "./Table";

export function RoutesSection({ live }: { live: Live }) {
  const busiest = [...live.routes].sort((a, b) => b.flow.per_s - a.flow.per_s || a.name.localeCompare(b.name));
  return (
    <section className="panel" aria-labelledby="routes-heading">
      <h2 id="routes-heading">Routes</h2>
      {busiest.length === 0 ? (
        <p className="muted">No request has come yet.</p>
      ) : (
        <Table
          label="Routes"
          head={
            <>
              <th scope="col">Route</th>
              <th scope="col" className="roomy">
                To
              </th>
              <FlowHeads />
            </>
          }
        >
          {busiest.map((route) => (
            <tr key={route.name}>
              <th scope="row">{route.name}</th>
              <td className="muted roomy">{route.origin || "the gateway"}</td>
              <FlowCells flow={route.flow} />
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
