// Messages of the house to this browser, over one connection however many tabs are open. Without it every page works as well:
// it only learns later.
import { pause } from "./polling";

export type News = { kind: string; data: Record<string, unknown> };

const KINDS = ["payment-failed", "stream-taken-over", "new-rows", "encode-done"];
const NAME = "matinee-push";
const FIRST_MS = 1000;
const LONGEST_MS = 120_000;

let last = "";

/** Hears one connection until it cannot go on by itself; the browser takes up a line that was lost, after the time it was told. */
function listen(stop: AbortSignal, told: (news: News) => void, opened: () => void): Promise<void> {
  return new Promise((over) => {
    const source = new EventSource(`/api/push/events${last && `?last_event_id=${last}`}`);
    const end = () => {
      source.close();
      over();
    };
    stop.addEventListener("abort", end, { once: true });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) end();
    });
    source.addEventListener("hello", (event) => {
      last = event.lastEventId || last;
      opened();
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        last = event.lastEventId || last;
        told({ kind, data: JSON.parse(event.data) as News["data"] });
      });
    }
  });
}

/** Again and again, at longer and longer times that differ from browser to browser. */
async function keepListening(stop: AbortSignal, told: (news: News) => void): Promise<void> {
  let wait = FIRST_MS;
  while (!stop.aborted) {
    await listen(stop, told, () => (wait = FIRST_MS));
    if (!stop.aborted) await pause(wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_MS);
  }
}

/** Only while a page is looked at: where browsers lock nothing (plain http), each tab has a line of its own, and few are allowed. */
function whileSeen(stop: AbortSignal, told: (news: News) => void): void {
  let current: AbortController | null = null;
  const look = () => {
    const seen = document.visibilityState === "visible" && !stop.aborted;
    if (seen && !current) {
      current = new AbortController();
      void keepListening(current.signal, told);
    } else if (!seen) {
      current?.abort();
      current = null;
    }
  };
  document.addEventListener("visibilitychange", look, { signal: stop });
  stop.addEventListener("abort", look, { once: true });
  look();
}

/** One tab listens and tells the others. */
function forAllTabs(stop: AbortSignal, told: (news: News) => void): void {
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }: MessageEvent<{ news: News; last: string }>) => {
    last = data.last;
    told(data.news);
  };
  stop.addEventListener("abort", () => channel.close(), { once: true });
  const both = (news: News) => {
    if (!stop.aborted) channel.postMessage({ news, last });
    told(news);
  };
  navigator.locks
    .request(NAME, { signal: stop }, () => keepListening(stop, both))
    .catch(() => undefined); // stopped while another tab listened
}

/** Tells of every message until it is stopped. */
export function hear(stop: AbortSignal, told: (news: News) => void): void {
  if ("locks" in navigator && "BroadcastChannel" in window) forAllTabs(stop, told);
  else whileSeen(stop, told);
}

export function forgetNews(): void {
  last = "";
}

let played = "";

/** Whose stream this page shows, so that it knows when that is taken over. */
export function nowPlaying(sessionId: string): void {
  played = sessionId;
}

export function isPlayed(sessionId: unknown): boolean {
  return played !== "" && played === sessionId;
}
