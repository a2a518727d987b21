import { type CSSProperties, type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { spokenTime, timecode } from "../../lib/format";
import { type Chapter, chapterAt } from "./chapters";
import { Sheets } from "./sheets";
import { type Find, Thumbnail } from "./Thumbnail";
import { useRecentSeek } from "./useRecentSeek";
import "./seek.css";

type Props = {
  time: number;
  duration: number;
  buffered: number;
  chapters: Chapter[];
  find: Find;
  onSeek: (seconds: number) => void;
};

const percent = (part: number, whole: number) => `${whole > 0 ? Math.min(100, (part / whole) * 100) : 0}%`;

/** The sheets that this bar has looked at, until it goes. */
function useSheets() {
  const sheets = useRef<Sheets | null>(null);
  useEffect(() => {
    sheets.current = new Sheets();
    return () => sheets.current?.close();
  }, []);
  return sheets;
}

function Track({ time, duration, buffered, chapters }: Omit<Props, "find" | "onSeek">) {
  return (
    <div className="seek-track" aria-hidden="true">
      <div className="seek-buffered" style={{ width: percent(buffered, duration) }} />
      <div className="seek-done" style={{ width: percent(time, duration) }} />
      {chapters.map(
        ({ start_s }) =>
          start_s > 0 && start_s < duration && <i key={start_s} className="seek-mark" style={{ left: percent(start_s, duration) }} />,
      )}
    </div>
  );
}

/** The position, which a press, a drag or a key moves. Where one points or drags stands a picture of that moment; the film jumps
 * there when one lets go. */
export function SeekBar({ time, duration, buffered, chapters, find, onSeek }: Props) {
  const [hover, setHover] = useState<number | null>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const held = useRef(false);
  const sheets = useSheets();
  const sought = useRecentSeek();
  const preview = drag ?? hover ?? (sought ? time : null);
  const position = drag ?? Math.min(time, duration);
  const chapter = chapterAt(chapters, position);

  const point = (event: PointerEvent<HTMLElement>) => {
    if (event.pointerType === "touch") return; // a finger drags; nothing is shown where it was
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setHover(Math.min(1, Math.max(0, (event.clientX - left) / width)) * duration);
  };
  const letGo = () => {
    held.current = false;
    if (drag !== null) onSeek(drag);
    setDrag(null);
  };
  const change = (seconds: number) => (held.current ? setDrag(seconds) : onSeek(seconds));
  const key = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || drag === null) return;
    event.preventDefault(); // back to where it was, not out of the player
    held.current = false;
    setDrag(null);
  };
  return (
    <div className="seek" onPointerMove={point} onPointerLeave={() => setHover(null)}>
      <Track time={position} duration={duration} buffered={buffered} chapters={chapters} />
      <input
        type="range"
        aria-label="Position"
        aria-valuetext={`${spokenTime(position)} of ${spokenTime(duration)}${chapter?.title ? `, ${chapter.title}` : ""}`}
        min={0}
        max={Math.max(duration, 0.1)}
        step="any"
        value={position}
        onPointerDown={(event) => {
          held.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onLostPointerCapture={letGo}
        onKeyDown={key}
        onChange={(event) => change(Number(event.target.value))}
      />
      {preview !== null && duration > 0 && (
        <Preview seconds={preview} duration={duration} chapter={chapterAt(chapters, preview)}>
          <Thumbnail seconds={Math.min(preview, duration - 0.1)} find={find} sheets={sheets} />
        </Preview>
      )}
    </div>
  );
}

type PreviewProps = { seconds: number; duration: number; chapter: Chapter | null; children: React.ReactNode };

/** Stands above its moment, and whole inside the bar where that is near an end of it. */
function Preview({ seconds, duration, chapter, children }: PreviewProps) {
  const box = useRef<HTMLDivElement>(null);
  const [half, setHalf] = useState(0);
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(([entry]) => setHalf((entry?.borderBoxSize[0]?.inlineSize ?? 0) / 2));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const style = { "--at": percent(seconds, duration), "--half": `${half}px` } as CSSProperties;
  return (
    <div className="seek-preview" ref={box} style={style} aria-hidden="true">
      {children}
      <div className="seek-words">
        {chapter?.title && <span className="seek-chapter">{chapter.title}</span>}
        <span className="seek-time">{timecode(seconds)}</span>
      </div>
    </div>
  );
}
