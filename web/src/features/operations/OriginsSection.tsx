import type { Instance, Live, Origin } from "../../lib/shapes";
import { FlowCells, FlowHeads } from "./FlowCells";
import { count, rate } from "./figures";
import { Table } from "./Table";

const STATES: Record<Instance["state"], { text: string; tone: string }> = {
  up: { text: "Up", tone: "good" },
  new: { text: "New, being tried", tone: "wait" },
  draining: { text: "Draining", tone: "wait" },
  failing: { text: "Fails its checks", tone: "bad" },
  ejected: { text: "Ejected", tone: "bad" },
  unreachable: { text: "Unreachable", tone: "bad" },
};

function State({ instance }: { instance: Instance }) {
  const { text, tone } = STATES[instance.state];
  const by = instance.seen_by > 1 && instance.ejected_by > 0 ? ` by ${instance.ejected_by} of ${instance.seen_by}` : "";
  return (
    <span className={`state ${tone}`}>
      {text}
      {by}
    </span>
  );
}

function InstanceRow({ instance }: { instance: Instance }) {
  return (
    <tr>
      <th scope="row">{instance.name}</th>
      <td>{instance.zone}</td>
      <td>
        <State instance={instance} />
        {instance.ejections > 0 && <span className="small muted refused">{count(instance.ejections)} times ejected</span>}
      </td>
      <td className="number">{count(instance.in_flight)}</td>
      <td className="number">{instance.utilization === null ? "–" : `${Math.round(instance.utilization * 100)}\u00a0%`}</td>
      <FlowCells flow={instance.flow} />
    </tr>
  );
}

function OneOrigin({ origin }: { origin: Origin }) {
  const limit = origin.limit > 0 ? ` of ${count(origin.limit)} that it can bear` : "";
  const shed = origin.shed_per_s > 0 ? `, ${rate(origin.shed_per_s)} a second refused for it` : "";
  return (
    <div className="origin">
      <h3>{origin.name}</h3>
      <p className="small muted">
        {count(origin.in_flight)} under way{limit}
        {shed}
      </p>
      {origin.instances.length === 0 ? (
        <p className="bad">No server of it is known.</p>
      ) : (
        <Table
          label={`Servers of ${origin.name}`}
          head={
            <>
              <th scope="col">Instance</th>
              <th scope="col">Zone</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                Under way
              </th>
              <th scope="col" className="number">
                Busy
              </th>
              <FlowHeads />
            </>
          }
        >
          {origin.instances.map((instance) => (
            <InstanceRow key={instance.name} instance={instance} />
          ))}
        </Table>
      )}
    </div>
  );
}

export function OriginsSection({ live }: { live: Live }) {
  return (
    <section className="panel" aria-labelledby="origins-heading">
      <h2 id="origins-heading">Origins</h2>
      {live.origins.length === 0 && <p className="muted">The gateways know of no servers yet.</p>}
      {live.origins.map((origin) => (
        <OneOrigin key={origin.name} origin={origin} />
      ))}
    </section>
  );
}
