import { rate } from "./figures";

const WIDTH = 120;
const HEIGHT = 28;

function path(values: number[], most: number): string {
  const step = WIDTH / Math.max(1, values.length - 1);
  return values.map((value, index) => `${(index * step).toFixed(1)},${(HEIGHT - 1 - (value / most) * (HEIGHT - 3)).toFixed(1)}`).join(" ");
}

/** The last two minutes: all as a line, what failed as a line below. */
export function Sparkline({ all, failed }: { all: number[]; failed: number[] }) {
  const most = Math.max(...all, 0);
  const bad = Math.max(...failed, 0);
  const label = `At most ${rate(most)} a second in the last two minutes${bad > 0 ? `, of them ${rate(bad)} failed` : ""}`;
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <polyline className="sparkline-all" points={path(all, most || 1)} />
      {bad > 0 && <polyline className="sparkline-failed" points={path(failed, most || 1)} />}
    </svg>
  );
}
