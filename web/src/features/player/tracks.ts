// What the menus for subtitles and audio offer, and which tracks are taken without asking.
import { language } from "../../lib/format";
import type { AudioTrack, Engine, TextTrack } from "./engine";
import { preferences } from "./preferences";

export type Choice = { id: string; label: string; detail?: string | undefined; language?: string; active: boolean; choose: () => void };
export type Choices = { subtitles: Choice[]; audio: Choice[] };

type Track = { language: string; roles: string[] };
type Purpose = "main" | "caption" | "description" | "commentary";

const UNKNOWN = "und";

/** What a track is for, by the roles of DASH (ISO/IEC 23009-1). */
function purposeOf({ roles }: Track): Purpose {
  return (["caption", "description", "commentary"] as const).find((purpose) => roles.includes(purpose)) ?? "main";
}

const spoken = (tag: string) => tag.split("-")[0];
const alike = (one: string, other: string) => spoken(one) === spoken(other);

/** A choice as it is remembered: "de", "de/caption". Nobody who heard one commentary wants the next film's without asking. */
function remembered(track: Track): string {
  const purpose = purposeOf(track);
  return purpose === "main" || purpose === "commentary" ? track.language : `${track.language}/${purpose}`;
}

/** The track that comes nearest to a remembered choice: of that language, for that purpose if there is one, else the usual. */
function nearest<T extends Track>(tracks: T[], choice: string, also: Purpose): T | undefined {
  const [tag = "", purpose = "main"] = choice.split("/");
  const order = [purpose, "main", also];
  const rank = (track: T) => order.indexOf(purposeOf(track)) * 2 + (track.language === tag ? 0 : 1);
  const fitting = tracks.filter((track) => alike(track.language, tag) && order.includes(purposeOf(track)));
  return fitting.sort((one, other) => rank(one) - rank(other))[0];
}

/** Forced subtitles stand by themselves where nobody chose others: what is not said in the language that one hears. */
function standing(engine: Engine, heard: string | undefined): TextTrack | null {
  const forced = engine.textTracks().filter((track) => track.forced);
  if (heard === undefined || heard === UNKNOWN) return forced[0] ?? null;
  return forced.find((track) => track.language === heard) ?? forced.find((track) => alike(track.language, heard)) ?? null;
}

/** Forced subtitles are no choice, unless no sound of the film would ever bring them up. */
function offered(engine: Engine): TextTrack[] {
  const heard = engine.audioTracks().map((track) => track.language);
  const comes = (track: TextTrack) =>
    heard.length === 0 || heard.some((each) => each === UNKNOWN || alike(each, track.language));
  return engine.textTracks().filter((track) => !track.forced || !comes(track));
}

function heardIn(engine: Engine): string | undefined {
  return engine.audioTracks().find((track) => track.active)?.language;
}

function named(track: { label: string | null; language: string }): string {
  return track.label || language(track.language);
}

const LAYOUTS: Record<number, string> = { 1: "Mono", 2: "Stereo", 6: "5.1", 8: "7.1" };

/** What tells a track from another of the same name. */
function layoutOf(track: AudioTrack, all: AudioTrack[]): string | undefined {
  const twins = all.filter((each) => named(each) === named(track));
  return twins.length > 1 && track.channelsCount ? LAYOUTS[track.channelsCount] : undefined;
}

/** What the film has to choose from; after a choice `changed` looks again. */
export function choicesOf(of: Engine, changed: () => void): Choices {
  const text = offered(of);
  const none = !text.some((track) => track.active);
  const show = (track: TextTrack | null) => {
    of.showText(track ?? standing(of, heardIn(of)));
    preferences.subtitles = track ? remembered(track) : "off";
    changed();
  };
  const hear = (track: AudioTrack) => {
    of.hear(track);
    if (none) of.showText(standing(of, track.language));
    preferences.audio = remembered(track);
    changed();
  };
  return {
    subtitles: [
      { id: "off", label: "Off", active: none, choose: () => show(null) },
      ...text.map((track) => ({
        id: String(track.id),
        label: named(track),
        language: track.language,
        active: track.active,
        choose: () => show(track),
      })),
    ],
    audio: of.audioTracks().map((track, index, all) => ({
      id: String(track.id ?? index),
      label: named(track),
      detail: layoutOf(track, all),
      language: track.language,
      active: track.active,
      choose: () => hear(track),
    })),
  };
}

/** What was chosen last time, where this film has it. */
export function applyPreferences(engine: Engine): void {
  const audio = nearest(engine.audioTracks(), preferences.audio, "main");
  if (audio && !audio.active) engine.hear(audio);
  const wanted = preferences.subtitles;
  const text = wanted === "off" ? undefined : nearest(offered(engine), wanted, "caption");
  engine.showText(text ?? standing(engine, audio?.language ?? heardIn(engine)));
}
