import { report } from "../../lib/beacon";
import type { Play } from "../../lib/shapes";

/** Reports start, stalls and end of a viewing. Returns how to stop. */
export function watchQuality(play: Play, video: HTMLVideoElement, asked_ms: number): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const about = { title_id: play.title.id, session_id: play.session_id };
  let started = false;
  let stalled_ms: number | null = null;
  const say = (name: string, data: Record<string, unknown>) => report({ kind: "playback", name, data, ...about });
  const on = (event: string, act: () => void) => video.addEventListener(event, act, { signal });

  on("playing", () => {
    if (!started) say("play", { start_ms: Math.round(performance.now() - asked_ms), position_s: video.currentTime });
    else if (stalled_ms !== null) {
      say("stall", { stall_ms: Math.round(performance.now() - stalled_ms), position_s: video.currentTime });
    }
    started = true;
    stalled_ms = null;
  });
  on("waiting", () => {
    if (started && !video.seeking && !video.paused) stalled_ms = performance.now();
  });
  on("seeking", () => {
    stalled_ms = null;
  });
  on("ended", () => say("end", { position_s: video.currentTime }));
  return () => {
    if (started && !video.ended) say("stop", { position_s: video.currentTime });
    stop.abort();
  };
}
