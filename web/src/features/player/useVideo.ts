import { type RefObject, useEffect, useState } from "react";
import { preferences } from "./preferences";

export type VideoState = {
  paused: boolean;
  waiting: boolean;
  ended: boolean;
  started: boolean;
  time: number;
  duration: number;
  buffered: number;
  volume: number;
  muted: boolean;
};

const EVENTS = [
  "play",
  "pause",
  "playing",
  "waiting",
  "seeking",
  "seeked",
  "ended",
  "timeupdate",
  "durationchange",
  "progress",
  "volumechange",
  "loadeddata",
];

/** The end of the buffered stretch that the playhead is in. */
function bufferedUntil({ buffered, currentTime }: HTMLVideoElement): number {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime + 0.1 && currentTime <= buffered.end(index)) return buffered.end(index);
  }
  return currentTime;
}

function stateOf(video: HTMLVideoElement, started: boolean): VideoState {
  return {
    paused: video.paused,
    waiting: !video.paused && !video.ended && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA,
    ended: video.ended,
    started,
    time: video.currentTime,
    duration: Number.isFinite(video.duration) ? video.duration : 0,
    buffered: bufferedUntil(video),
    volume: video.volume,
    muted: video.muted,
  };
}

const BEFORE: VideoState = {
  paused: true,
  waiting: true,
  ended: false,
  started: false,
  time: 0,
  duration: 0,
  buffered: 0,
  volume: 1,
  muted: false,
};

/** The video element's own state, followed by its events. */
export function useVideo(ref: RefObject<HTMLVideoElement | null>): VideoState {
  const [state, setState] = useState(BEFORE);
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    video.volume = preferences.volume;
    video.muted = preferences.muted;
    let started = false;
    const stop = new AbortController();
    const follow = (event: Event) => {
      started ||= event.type === "loadeddata";
      if (event.type === "volumechange") {
        preferences.volume = video.volume;
        preferences.muted = video.muted;
      }
      setState(stateOf(video, started));
    };
    for (const name of EVENTS) video.addEventListener(name, follow, { signal: stop.signal });
    return () => stop.abort();
  }, [ref]);
  return state;
}
