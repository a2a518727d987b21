import { duration } from "../../lib/format";
import type { Live } from "../../lib/shapes";
import { count, rate, took } from "./figures";
import { Table } from "./Table";

type Gateway = Live["gateways"][number];

function state(gateway: Gateway): { text: string; tone: string } {
  if (gateway.old) return { text: `Not heard of for ${duration(gateway.heard_s)}; its last figures`, tone: "bad" };
  return gateway.draining ? { text: "Draining", tone: "wait" } : { text: `Up for ${duration(gateway.up_s)}`, tone: "good" };
}

function GatewayRow({ gateway }: { gateway: Gateway }) {
  const { text, tone } = state(gateway);
  return (
    <tr className={gateway.old ? "old" : undefined}>
      <th scope="row">{gateway.name}</th>
      <td>{gateway.zone}</td>
      <td>
        <span className={`state ${tone}`}>{text}</span>
      </td>
      <td className="number">{rate(gateway.per_s)}</td>
      <td className="number">
        {count(gateway.in_flight)} <span className="muted">of {count(gateway.limit)}</span>
      </td>
      <td className="number">{count(gateway.connections)}</td>
      <td className="number">{took(gateway.lag_s)}</td>
    </tr>
  );
}

export function GatewaysSection({ live }: { live: Live }) {
  return (
    <section className="panel" aria-labelledby="gateways-heading">
      <h2 id="gateways-heading">Gateways</h2>
      <Table
        label="Gateways"
        head={
          <>
            <th scope="col">Gateway</th>
            <th scope="col">Zone</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Per second
            </th>
            <th scope="col" className="number">
              Under way
            </th>
            <th scope="col" className="number">
              Connections
            </th>
            <th scope="col" className="number">
              Loop late by
            </th>
          </>
        }
      >
        {live.gateways.map((gateway) => (
          <GatewayRow key={gateway.name} gateway={gateway} />
        ))}
      </Table>
    </section>
  );
}
