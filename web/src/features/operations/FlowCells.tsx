import type { Flow } from "../../lib/shapes";
import { rate, share, took, tone } from "./figures";
import { Sparkline } from "./Sparkline";

export function FlowHeads() {
  return (
    <>
      <th scope="col" className="number">
        Per second
      </th>
      <th scope="col" className="number">
        Failed
      </th>
      <th scope="col" className="number">
        p50
      </th>
      <th scope="col" className="number">
        p99
      </th>
      <th scope="col" className="sparkline-head">
        Two minutes
      </th>
    </>
  );
}

export function FlowCells({ flow }: { flow: Flow }) {
  return (
    <>
      <td className="number">{rate(flow.per_s)}</td>
      <td className="number">
        <span className={`state ${tone(flow)}`}>{share(flow.failed)}</span>
        {flow.refused > 0 && <span className="small muted refused">{share(flow.refused)} refused</span>}
      </td>
      <td className="number">{took(flow.p50_s)}</td>
      <td className="number">{took(flow.p99_s)}</td>
      <td>
        <Sparkline all={flow.recent} failed={flow.recent_failed} />
      </td>
    </>
  );
}
