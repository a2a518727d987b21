import type { PlayBody } from "../../lib/shapes";

const CODECS = [
  "avc1.42c01e",
  "avc1.4d401f",
  "avc1.640028",
  "avc1.640033",
  "hvc1.1.6.L120.90",
  "vp09.00.40.08",
  "av01.0.08M.08",
  "mp4a.40.2",
  "opus",
  "ec-3",
];
const AUDIO = new Set(["mp4a.40.2", "opus", "ec-3"]);

function plays(codec: string): boolean {
  return MediaSource.isTypeSupported(`${AUDIO.has(codec) ? "audio" : "video"}/mp4; codecs="${codec}"`);
}

const PLAYED = "MediaSource" in window ? CODECS.filter(plays) : [];

const pixels = (points: number) => Math.min(16384, Math.max(1, Math.round(points * devicePixelRatio)));

/** What this browser can show: its screen in pixels, the codecs it plays, and the network as far as it tells. */
export function device(): PlayBody["device"] {
  const connection = (navigator as Navigator & { connection?: { downlink?: number } }).connection;
  return {
    screen: { width: pixels(screen.width), height: pixels(screen.height) },
    codecs: PLAYED,
    downlink_kbps: Math.round((connection?.downlink ?? 0) * 1000),
  };
}
