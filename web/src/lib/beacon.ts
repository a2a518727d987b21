// What pages and the player report, sent in batches and when the page goes away. Losing one is harmless.
import { useEffect, useRef } from "react";
import { randomHex } from "./random";
import type { BeaconEvent } from "./shapes";

const EVERY_MS = 10_000;
const MOST = 100;
const queue: BeaconEvent[] = [];
let enabled = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Only members' events are taken. */
export function enableBeacons(on: boolean): void {
  enabled = on;
  if (!on) queue.length = 0;
}

export function report(event: Omit<BeaconEvent, "id" | "at">): void {
  if (!enabled) return;
  queue.push({ id: `evt_${randomHex()}`, at: new Date().toISOString(), ...event });
  if (queue.length >= MOST) flush();
  else timer ??= setTimeout(flush, EVERY_MS);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  const events = queue.splice(0, MOST);
  if (events.length === 0) return;
  const body = new Blob([JSON.stringify({ events })], { type: "application/json" });
  if (!navigator.sendBeacon("/api/beacon", body)) queue.unshift(...events.slice(0, MOST - queue.length));
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") flush();
});
window.addEventListener("pagehide", flush);

const seen = new WeakMap<Element, () => void>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.get(target)?.();
      observer.unobserve(target);
    }
  },
  { threshold: 0.6 },
);

/** Reports once that a title's picture came into view, and where. */
export function useImpression<T extends Element>(title_id: string, list: string, position: number) {
  const ref = useRef<T>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    seen.set(element, () => report({ kind: "impression", name: "title", title_id, data: { list, position } }));
    observer.observe(element);
    return () => observer.unobserve(element);
  }, [title_id, list, position]);
  return ref;
}
