import type { Live } from "../../lib/shapes";
import { count, rate, share, took, tone } from "./figures";
import { words } from "./spans";

const MOST_ENDINGS = 6;

function Figure({ name, value, tone = "" }: { name: string; value: string; tone?: string }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd className={tone}>{value}</dd>
    </div>
  );
}

/** The whole house at a glance. */
export function Summary({ live }: { live: Live }) {
  const { whole, gateways } = live;
  const under = gateways.filter(({ old }) => !old).reduce((sum, each) => sum + each.in_flight, 0);
  const endings = Object.entries(live.categories).sort(([, a], [, b]) => b - a);
  return (
    <section className="panel" aria-labelledby="whole-heading">
      <h2 id="whole-heading">The front door</h2>
      <dl className="figures">
        <Figure name="Requests a second" value={rate(whole.per_s)} />
        <Figure name="Failed, last minute" value={share(whole.failed)} tone={`state ${tone(whole)}`} />
        <Figure name="Refused" value={share(whole.refused)} tone={whole.refused > 0 ? "state wait" : ""} />
        <Figure name="Half within" value={took(whole.p50_s)} />
        <Figure name="99 % within" value={took(whole.p99_s)} />
        <Figure name="Under way" value={count(under)} />
      </dl>
      {endings.length > 0 && (
        <p className="small muted endings">
          How the last minute’s requests ended:{" "}
          {endings
            .slice(0, MOST_ENDINGS)
            .map(([category, number]) => `${words(category)} ${count(number)}`)
            .join(" · ")}
        </p>
      )}
    </section>
  );
}
