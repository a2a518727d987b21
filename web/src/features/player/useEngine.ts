import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Problem } from "../../lib/problem";
import type { Play } from "../../lib/shapes";
import { Engine } from "./engine";
import type { Fault } from "./fault";
import { Heartbeats } from "./heartbeats";
import { watchQuality } from "./quality";
import { applyPreferences, type Choices, choicesOf } from "./tracks";

type Options = {
  play: Play | null;
  asked_ms: number;
  from: number | null;
  video: RefObject<HTMLVideoElement | null>;
  container: RefObject<HTMLElement | null>;
  onFault: (fault: Fault) => void;
  onProblem: (problem: Problem) => void;
  onLeft: () => void;
};

/** Where to begin: where one asked for, else where it was left, or the start when that was the end. */
function startOf({ resume_position_s, duration_s }: Play, from: number | null): number {
  if (from !== null) return from < duration_s - 1 ? from : 0;
  return resume_position_s >= duration_s * 0.95 ? 0 : resume_position_s;
}

/** Shaka for as long as the screen is shown, heartbeats and reports from the answer on, what there is to choose from, and how to
 * find pictures of the film's moments. */
export function useEngine({ play, asked_ms, from, video, container, onFault, onProblem, onLeft }: Options) {
  const engine = useRef<Engine | null>(null);
  const [choices, setChoices] = useState<Choices>({ subtitles: [], audio: [] });

  const look = useCallback(() => {
    if (engine.current) setChoices(choicesOf(engine.current, () => look()));
  }, []);

  useEffect(() => {
    if (!video.current || !container.current) return;
    const made = new Engine(video.current, container.current, { onFault, onTracks: look });
    engine.current = made;
    return () => {
      engine.current = null;
      void made.destroy();
    };
  }, [video, container, onFault, look]);

  // In the layout's phase: the film is asked for when the answer comes, not a frame later.
  useLayoutEffect(() => {
    const [made, element] = [engine.current, video.current];
    if (!made || !element || !play) return;
    const start_s = startOf(play, from);
    const heartbeats = new Heartbeats(play, element, start_s, onProblem);
    const stopQuality = watchQuality(play, element, asked_ms);
    void made.load(play, start_s).then(() => {
      if (engine.current !== made) return;
      applyPreferences(made);
      look();
      element.play().catch(() => undefined); // a browser that wants a press first shows the button
    });
    return () => {
      stopQuality();
      void heartbeats.end().then(onLeft);
    };
  }, [play, from, asked_ms, video, onProblem, onLeft, look]);

  const find = useCallback(async (seconds: number) => (await engine.current?.picture(seconds)) ?? null, []);
  return { choices, find };
}
