import { useEffect, useState } from "react";
import { Icon } from "../../components/Icon";
import { timecode } from "../../lib/format";
import type { Actions } from "./actions";
import { SeekBar } from "./SeekBar";
import { TrackMenu } from "./TrackMenu";
import type { Choices } from "./tracks";
import type { VideoState } from "./useVideo";

export type Menu = "subtitles" | "audio" | null;

type Props = {
  state: VideoState;
  actions: Actions;
  choices: Choices;
  menu: Menu;
  onMenu: (menu: Menu) => void;
};

function useFullscreen(): boolean {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const look = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  return full;
}

function Volume({ state, actions }: { state: VideoState; actions: Actions }) {
  const silent = state.muted || state.volume === 0;
  return (
    <div className="volume">
      <button type="button" className="icon-button" aria-label={silent ? "Unmute" : "Mute"} onClick={actions.toggleMuted}>
        <Icon name={silent ? "muted" : "volume"} />
      </button>
      <input
        type="range"
        data-keys="volume"
        aria-label="Volume"
        aria-valuetext={`${Math.round((silent ? 0 : state.volume) * 100)} percent`}
        min={0}
        max={1}
        step={0.05}
        value={silent ? 0 : state.volume}
        onChange={(event) => actions.setVolume(Number(event.target.value))}
      />
    </div>
  );
}

export function Controls({ state, actions, choices, menu, onMenu }: Props) {
  const full = useFullscreen();
  return (
    <div className="player-controls">
      <SeekBar time={state.time} duration={state.duration} buffered={state.buffered} onSeek={actions.seekTo} />
      <div className="player-buttons">
        <button
          type="button"
          className="icon-button"
          aria-label={state.paused ? "Play" : "Pause"}
          aria-keyshortcuts="Space k"
          onClick={actions.toggle}
        >
          <Icon name={state.paused ? "play" : "pause"} size={32} />
        </button>
        <button type="button" className="icon-button" aria-label="Back 10 seconds" onClick={() => actions.seekBy(-10)}>
          <Icon name="back10" />
        </button>
        <button type="button" className="icon-button" aria-label="Forward 10 seconds" onClick={() => actions.seekBy(10)}>
          <Icon name="forward10" />
        </button>
        <Volume state={state} actions={actions} />
        <div className="player-time">
          <span aria-label="Position now">{timecode(state.time)}</span>
          <span aria-hidden="true"> / </span>
          <span aria-label="Duration">{timecode(state.duration)}</span>
        </div>
        <div className="player-gap" />
        {choices.audio.length > 1 && (
          <TrackMenu
            name="Audio"
            icon="audio"
            choices={choices.audio}
            open={menu === "audio"}
            onOpen={(open) => onMenu(open ? "audio" : null)}
          />
        )}
        {choices.subtitles.length > 1 && (
          <TrackMenu
            name="Subtitles"
            icon="subtitles"
            choices={choices.subtitles}
            open={menu === "subtitles"}
            onOpen={(open) => onMenu(open ? "subtitles" : null)}
          />
        )}
        <button
          type="button"
          className="icon-button"
          aria-label={full ? "Leave full screen" : "Full screen"}
          aria-keyshortcuts="f"
          onClick={actions.toggleFullscreen}
        >
          <Icon name={full ? "window" : "fullscreen"} />
        </button>
      </div>
    </div>
  );
}
