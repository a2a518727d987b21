import { useEffect, useState } from "react";
import { Icon } from "../../components/Icon";
import { timecode } from "../../lib/format";
import type { Actions } from "./actions";
import { type Chapter, chapterAt } from "./chapters";
import { ChapterMenu } from "./ChapterMenu";
import { SeekBar } from "./SeekBar";
import type { Find } from "./Thumbnail";
import { type Group, TrackMenu } from "./TrackMenu";
import type { Choices } from "./tracks";
import type { VideoState } from "./useVideo";

export type Menu = "tracks" | "chapters" | null;

type Props = {
  state: VideoState;
  actions: Actions;
  choices: Choices;
  chapters: Chapter[];
  find: Find;
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

function Now({ chapter }: { chapter: Chapter | null }) {
  return chapter && <span className="player-chapter">{chapter.title}</span>;
}

/** What there is to choose between: one sound is no choice, nor is "Off" alone. */
function groupsOf({ audio, subtitles }: Choices): Group[] {
  const groups = [
    { name: "Audio", choices: audio },
    { name: "Subtitles", choices: subtitles },
  ];
  return groups.filter(({ choices }) => choices.length > 1);
}

export function Controls({ state, actions, choices, chapters, find, menu, onMenu }: Props) {
  const full = useFullscreen();
  const groups = groupsOf(choices);
  return (
    <div className="player-controls">
      <SeekBar
        time={state.time}
        duration={state.duration}
        buffered={state.buffered}
        chapters={chapters}
        find={find}
        onSeek={actions.seekTo}
      />
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
        <div className="player-gap">{chapters.length > 1 && <Now chapter={chapterAt(chapters, state.time)} />}</div>
        {chapters.length > 1 && (
          <ChapterMenu
            chapters={chapters}
            time={state.time}
            open={menu === "chapters"}
            onOpen={(open) => onMenu(open ? "chapters" : null)}
            onSeek={actions.seekTo}
          />
        )}
        {groups.length > 0 && (
          <TrackMenu
            name={groups.map(({ name }) => name).join(" and ")}
            icon={choices.subtitles.length > 1 ? "subtitles" : "audio"}
            groups={groups}
            open={menu === "tracks"}
            onOpen={(open) => onMenu(open ? "tracks" : null)}
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
