import { useEffect } from "react";
import type { Actions } from "./actions";
import { type Chapter, nextStart, previousStart } from "./chapters";

const STEP_S = 10;
const LOUDER = 0.1;

type Options = {
  actions: Actions;
  chapters: Chapter[];
  volume: number;
  onSubtitles: () => void;
  onLeave: () => void;
  onAnyKey: () => void;
};

function keyTable({ actions, chapters, volume, onSubtitles }: Options): Record<string, () => void> {
  return {
    " ": actions.toggle,
    k: actions.toggle,
    j: () => actions.seekBy(-STEP_S),
    l: () => actions.seekBy(STEP_S),
    ArrowLeft: () => actions.seekBy(-STEP_S),
    ArrowRight: () => actions.seekBy(STEP_S),
    ArrowUp: () => actions.setVolume(volume + LOUDER),
    ArrowDown: () => actions.setVolume(volume - LOUDER),
    m: actions.toggleMuted,
    f: actions.toggleFullscreen,
    c: onSubtitles,
    PageUp: () => actions.toChapter((now) => nextStart(chapters, now)),
    PageDown: () => actions.toChapter((now) => previousStart(chapters, now)),
    MediaTrackNext: () => actions.toChapter((now) => nextStart(chapters, now)),
    MediaTrackPrevious: () => actions.toChapter((now) => previousStart(chapters, now)),
  };
}

/** Keys of the player, unless what has the focus wants them itself. */
export function useKeys(options: Options): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      options.onAnyKey();
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (target?.closest("[role=menu]")) return;
      if (event.key === "Escape") {
        if (!document.fullscreenElement) options.onLeave();
        return;
      }
      if (event.key === " " && target?.closest("button, a")) return;
      if (target?.dataset.keys === "volume" && event.key.startsWith("Arrow")) return;
      const act = keyTable(options)[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [options]);
}
