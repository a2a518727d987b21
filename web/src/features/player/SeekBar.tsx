import { type PointerEvent, useState } from "react";
import { spokenTime, timecode } from "../../lib/format";

type Props = { time: number; duration: number; buffered: number; onSeek: (seconds: number) => void };

const percent = (part: number, whole: number) => `${whole > 0 ? Math.min(100, (part / whole) * 100) : 0}%`;

export function SeekBar({ time, duration, buffered, onSeek }: Props) {
  const [hover, setHover] = useState<number | null>(null);
  const point = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setHover(Math.min(1, Math.max(0, (event.clientX - left) / width)) * duration);
  };
  return (
    <div className="seek" onPointerMove={point} onPointerLeave={() => setHover(null)}>
      <div className="seek-track" aria-hidden="true">
        <div className="seek-buffered" style={{ width: percent(buffered, duration) }} />
        <div className="seek-done" style={{ width: percent(time, duration) }} />
      </div>
      <input
        type="range"
        aria-label="Position"
        aria-valuetext={`${spokenTime(time)} of ${spokenTime(duration)}`}
        min={0}
        max={Math.max(duration, 0.1)}
        step="any"
        value={Math.min(time, duration)}
        onChange={(event) => onSeek(Number(event.target.value))}
      />
      {hover !== null && duration > 0 && (
        <div className="seek-hover" style={{ left: percent(hover, duration) }} aria-hidden="true">
          {timecode(hover)}
        </div>
      )}
    </div>
  );
}
