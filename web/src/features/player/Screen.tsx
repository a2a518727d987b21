import { type PointerEvent, useCallback, useMemo, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Spinner } from "../../components/Skeleton";
import type { Problem } from "../../lib/problem";
import type { Play } from "../../lib/shapes";
import { actionsOf } from "./actions";
import type { Chapter } from "./chapters";
import { Controls, type Menu } from "./Controls";
import type { Fault } from "./fault";
import type { Choice } from "./tracks";
import { nameOf } from "./name";
import { NextEpisode } from "./NextEpisode";
import { useAwake } from "./useAwake";
import { useEngine } from "./useEngine";
import { useKeys } from "./useKeys";
import { useVideo } from "./useVideo";

type Props = {
  play: Play | null;
  asked_ms: number;
  from: number | null;
  onFault: (fault: Fault) => void;
  onProblem: (problem: Problem) => void;
  onLeave: () => void;
  onLeft: () => void;
};

const NONE: Chapter[] = [];

/** Off, or back to the first there is. */
function toggleSubtitles(choices: Choice[]): void {
  const [off, first] = choices;
  (off?.active ? first : off)?.choose();
}

/** The film with its controls, which hide while it plays and nobody moves. */
export function Screen({ play, asked_ms, from, onFault, onProblem, onLeave, onLeft }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const state = useVideo(video);
  const { choices, find } = useEngine({ play, asked_ms, from, video, container: picture, onFault, onProblem, onLeft });
  const actions = useMemo(
    () => actionsOf(() => video.current, () => document.documentElement), // so that the next episode stays in full screen
    [],
  );
  const title = play ? nameOf(play.title) : "Film";
  const chapters = play?.chapters ?? NONE;
  const [menu, setMenu] = useState<Menu>(null);
  const { awake, wake, sleep } = useAwake(state.paused || menu !== null || !state.started);
  const onSubtitles = useCallback(() => toggleSubtitles(choices.subtitles), [choices]);
  const keys = useMemo(
    () => ({ actions, chapters, volume: state.volume, onSubtitles, onLeave, onAnyKey: wake }),
    [actions, chapters, state.volume, onSubtitles, onLeave, wake],
  );
  useKeys(keys);

  const press = (event: PointerEvent) => {
    if (menu) return setMenu(null);
    if (event.pointerType === "mouse") return actions.toggle();
    if (awake && !state.paused) sleep();
    else wake();
  };

  return (
    <main
      className={`player ${awake ? "awake" : "asleep"}`}
      onPointerMove={(event) => event.pointerType === "mouse" && wake()}
    >
      <div
        className="player-picture"
        data-testid="player"
        ref={picture}
        onPointerUp={press}
        onDoubleClick={actions.toggleFullscreen}
      >
        <video ref={video} playsInline aria-label={title} />
      </div>
      {!state.ended && (state.waiting || !state.started) && (!state.paused || !state.started) && <Spinner label="Loading the film" />}
      {state.started && state.paused && !state.ended && (
        <button type="button" className="player-big" tabIndex={-1} aria-hidden="true" onClick={actions.toggle}>
          <Icon name="play" size={64} />
        </button>
      )}
      {state.ended && play?.next && <NextEpisode next={play.next} onLeave={onLeave} />}
      {state.ended && !play?.next && (
        <div className="player-end">
          <h2>{title}</h2>
          <p className="muted">has ended.</p>
          <div className="actions centred">
            <Button kind="primary" onClick={onLeave}>
              Back to the film’s page
            </Button>
            <Button onClick={() => (actions.seekTo(0), actions.toggle())}>Watch again</Button>
          </div>
        </div>
      )}
      <div className="player-top">
        <button type="button" className="icon-button" aria-label="Back" onClick={onLeave}>
          <Icon name="left" size={32} />
        </button>
        {play && <h1>{title}</h1>}
      </div>
      {play && (
        <Controls
          state={state}
          actions={actions}
          choices={choices}
          chapters={chapters}
          find={find}
          menu={menu}
          onMenu={setMenu}
        />
      )}
    </main>
  );
}
