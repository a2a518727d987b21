import type { Journey } from "../../lib/shapes";
import { took } from "./figures";
import { type Span, spans } from "./spans";

function Row({ span, whole }: { span: Span; whole: number }) {
  const left = (span.from / whole) * 100;
  const width = ((span.to - span.from) / whole) * 100;
  return (
    <tr role="row">
      <th scope="row" role="rowheader" className={`depth-${span.depth}`}>
        {span.name}
        {span.note && <span className={`small note ${span.kind === "bad" ? "bad" : "muted"}`}>{span.note}</span>}
      </th>
      <td role="cell" className="number roomy">
        {took(span.from / 1000)}
      </td>
      <td role="cell" className="number">
        {took((span.to - span.from) / 1000)}
      </td>
      <td className="waterfall-line" aria-hidden="true">
        <div className={`waterfall-bar ${span.kind}`} style={{ left: `min(${left}%, 100% - 3px)`, width: `${width}%` }} />
      </td>
    </tr>
  );
}

/** What lasted from when to when, each as a bar on one line of time; on a narrow screen below its name. The roles are said since
 * the rows are then laid out as no table is. */
export function Waterfall({ journey }: { journey: Journey }) {
  const whole = Math.max(journey.ended_ms, 0.001);
  return (
    <div className="table-scroll" role="group" aria-label="Bars of time" tabIndex={0}>
      <table className="waterfall" role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">
              What
            </th>
            <th scope="col" role="columnheader" className="number roomy">
              After
            </th>
            <th scope="col" role="columnheader" className="number">
              Took
            </th>
            <th scope="col" aria-hidden="true">
              <span className="waterfall-scale">
                <span>0</span>
                <span>{took(whole / 2000)}</span>
                <span>{took(whole / 1000)}</span>
              </span>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {spans(journey).map((span, index) => (
            <Row key={index} span={span} whole={whole} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
