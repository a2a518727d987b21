import { beat, leave } from "../../lib/calls/play";
import { type Problem, problemOf } from "../../lib/problem";
import { nowPlaying } from "../../lib/push";
import type { Heartbeat, Play } from "../../lib/shapes";

/** Says every few seconds where the viewer is, in any state: it keeps the stream's slot and the bookmark. */
export class Heartbeats {
  readonly #play: Play;
  readonly #video: HTMLVideoElement;
  readonly #start_s: number;
  readonly #onProblem: (problem: Problem) => void;
  readonly #stop = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(play: Play, video: HTMLVideoElement, start_s: number, onProblem: (problem: Problem) => void) {
    this.#play = play;
    this.#video = video;
    this.#start_s = start_s;
    this.#onProblem = onProblem;
    nowPlaying(play.session_id);
    this.#timer = setInterval(() => void this.#send(), play.heartbeat_s * 1000);
    const { signal } = this.#stop;
    for (const change of ["pause", "playing", "seeked", "ended"]) {
      video.addEventListener(change, () => void this.#send(), { signal });
    }
    document.addEventListener("visibilitychange", () => void this.#send(), { signal });
    window.addEventListener("pagehide", () => this.#gone(), { signal });
  }

  /** The last position, then the slot is free. */
  async end(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const last = this.#beat();
    this.#halt();
    await beat(this.#play.heartbeat_url, last, true).catch(() => undefined);
    await leave(this.#play.session_id);
  }

  #gone(): void {
    const last = this.#beat();
    this.#halt();
    void beat(this.#play.heartbeat_url, last, true).catch(() => undefined);
    void leave(this.#play.session_id);
  }

  #halt(): void {
    clearInterval(this.#timer);
    this.#stop.abort();
  }

  async #send(): Promise<void> {
    try {
      await beat(this.#play.heartbeat_url, this.#beat(), document.visibilityState === "hidden");
    } catch (error) {
      const problem = problemOf(error);
      const final = [401, 402, 403, 404, 409].includes(problem.status);
      if (final && !this.#stop.signal.aborted) this.#onProblem(problem);
    }
  }

  #beat(): Heartbeat {
    const { readyState, currentTime } = this.#video;
    const position = readyState === HTMLMediaElement.HAVE_NOTHING ? this.#start_s : currentTime;
    return {
      position_s: Math.max(0, Math.round(position * 1000) / 1000),
      state: this.#state(),
      at: new Date().toISOString(),
    };
  }

  #state(): Heartbeat["state"] {
    const { ended, paused, readyState } = this.#video;
    if (ended) return "ended";
    if (paused) return "paused";
    return readyState < HTMLMediaElement.HAVE_FUTURE_DATA ? "buffering" : "playing";
  }
}
