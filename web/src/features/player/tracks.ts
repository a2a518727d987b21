// What the menus for subtitles and audio offer, and which languages are taken without asking.
import { language } from "../../lib/format";
import type { AudioTrack, Engine, TextTrack } from "./engine";
import { preferences } from "./preferences";

export type Choice = { id: string; label: string; active: boolean; choose: () => void };
export type Choices = { subtitles: Choice[]; audio: Choice[] };

function named(label: string | null, tag: string): string {
  return label || language(tag);
}

/** What the film has to choose from; after a choice `changed` looks again. */
export function choicesOf(of: Engine, changed: () => void): Choices {
  const text = of.textTracks().filter((track) => !track.forced);
  const none = !text.some((track) => track.active);
  const show = (track: TextTrack | null) => {
    of.showText(track);
    preferences.subtitles = track ? track.language : "off";
    changed();
  };
  const hear = (track: AudioTrack) => {
    of.hear(track);
    preferences.audio = track.language;
    changed();
  };
  return {
    subtitles: [
      { id: "off", label: "Off", active: none, choose: () => show(null) },
      ...text.map((track) => ({
        id: String(track.id),
        label: named(track.label, track.language),
        active: track.active,
        choose: () => show(track),
      })),
    ],
    audio: of.audioTracks().map((track, index) => ({
      id: String(track.id ?? index),
      label: named(track.label, track.language),
      active: track.active,
      choose: () => hear(track),
    })),
  };
}

/** The languages chosen last time, where this film has them. */
export function applyPreferences(engine: Engine): void {
  const wanted = preferences.subtitles;
  const text = engine.textTracks().find((track) => !track.forced && track.language === wanted);
  engine.showText(wanted === "off" ? null : (text ?? null));
  const audio = engine.audioTracks().find((track) => track.language === preferences.audio);
  if (audio && !audio.active) engine.hear(audio);
}
