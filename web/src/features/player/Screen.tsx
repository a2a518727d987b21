import { type PointerEvent, useCallback, useMemo, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Spinner } from "../../components/Skeleton";
import type { Problem } from "../../lib/problem";
import type { Play } from "../../lib/shapes";
import { actionsOf } from "./actions";
import { Controls, type Menu } from "./Controls";
import type { Fault } from "./fault";
import type { Choice } from "./tracks";
import { useAwake } from "./useAwake";
import { useEngine } from "./useEngine";
import { useKeys } from "./useKeys";
import { useVideo } from "./useVideo";

type Props = {
  play: Play | null;
  asked_ms: number;
  fromStart: boolean;
  onFault: (fault: Fault) => void;
  onProblem: (problem: Problem) => void;
  onLeave: () => void;
  onLeft: () => void;
};

/** Off, or back to the first there is. */
function toggleSubtitles(choices: Choice[]): void {
  const [off, first] = choices;
  (off?.active ? first : off)?.choose();
}

/** The film with its controls, which hide while it plays and nobody moves. */
export function Screen({ play, asked_ms, fromStart, onFault, onProblem, onLeave, onLeft }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const container = useRef<HTMLElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const state = useVideo(video);
  const choices = useEngine({ play, asked_ms, fromStart, video, container: picture, onFault, onProblem, onLeft });
  const actions = useMemo(
    () => actionsOf(() => video.current, () => container.current),
    [],
  );
  const title = play?.title.title ?? "Film";
  const [menu, setMenu] = useState<Menu>(null);
  const { awake, wake, sleep } = useAwake(state.paused || menu !== null || !state.started);
  const onSubtitles = useCallback(() => toggleSubtitles(choices.subtitles), [choices]);
  const keys = useMemo(
    () => ({ actions, volume: state.volume, onSubtitles, onLeave, onAnyKey: wake }),
    [actions, state.volume, onSubtitles, onLeave, wake],
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
      ref={container}
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
      {state.ended && (
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
      {play && <Controls state={state} actions={actions} choices={choices} menu={menu} onMenu={setMenu} />}
    </main>
  );
}
