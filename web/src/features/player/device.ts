import type { PlayBody } from "../../lib/shapes";

const H264 = "avc1.640028";
const AV1 = "av01.0.08M.08";
const CODECS = [
  "avc1.42c01e",
  "avc1.4d401f",
  H264,
  "avc1.640033",
  "hvc1.1.6.L120.90",
  "vp09.00.40.08",
  AV1,
  "mp4a.40.2",
  "opus",
  "ec-3",
];
const AUDIO = new Set(["mp4a.40.2", "opus", "ec-3"]);
const OFTEN = { bitrate: 5_000_000, framerate: 30 };

const pixels = (points: number) => Math.min(16384, Math.max(1, Math.round(points * devicePixelRatio)));

function plays(codec: string): boolean {
  return MediaSource.isTypeSupported(`${AUDIO.has(codec) ? "audio" : "video"}/mp4; codecs="${codec}"`);
}

function decoding(codec: string): Promise<MediaCapabilitiesInfo> {
  const [long, short] = [Math.max(screen.width, screen.height), Math.min(screen.width, screen.height)];
  const size = { width: Math.min(pixels(long), 1920), height: Math.min(pixels(short), 1080) };
  const video = { contentType: `video/mp4; codecs="${codec}"`, ...size, ...OFTEN };
  return navigator.mediaCapabilities.decodingInfo({ type: "media-source", video });
}

/** Whether AV1 is worth the bits it saves here: it plays smoothly, and takes no decoder in software where H.264 has one in hardware. */
async function prefersAv1(): Promise<boolean> {
  const [av1, h264] = await Promise.all([decoding(AV1), decoding(H264)]);
  return av1.supported && av1.smooth && (av1.powerEfficient || !h264.powerEfficient);
}

const PLAYED = "MediaSource" in window ? CODECS.filter(plays) : [];
let named = PLAYED.filter((codec) => codec !== AV1); // until the browser has answered

if (PLAYED.includes(AV1)) {
  prefersAv1().then(
    (prefers) => {
      if (prefers) named = PLAYED;
    },
    () => undefined,
  );
}

/** What this browser shows well: its screen in pixels, the codecs it plays, and the network as far as it tells. */
export function device(): PlayBody["device"] {
  const connection = (navigator as Navigator & { connection?: { downlink?: number } }).connection;
  return {
    screen: { width: pixels(screen.width), height: pixels(screen.height) },
    codecs: named,
    downlink_kbps: Math.round((connection?.downlink ?? 0) * 1000),
  };
}
