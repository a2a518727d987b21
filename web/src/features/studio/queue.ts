// Films on their way up: some at once, the others in a row. It outlives the page that shows it, so that one may look elsewhere.
import { useSyncExternalStore } from "react";
import { problemOf } from "../../lib/problem";
import { type Film, giveUp, sendFilm, sizeOf } from "./film";

export type Status = "queued" | "sending" | "waiting" | "paused" | "failed" | "done";
export type Sending = { id: number; film: Film; size: number; sent: number; status: Status; problem: string; speed: number };

const AT_ONCE = 2;
const LIVE: Status[] = ["sending", "waiting"];
const REMEMBERED_S = 10;

/** Bytes a second over the last seconds. */
class Speed {
  private samples: [at: number, sent: number][] = [];

  at(sent: number): number {
    const now = performance.now() / 1000;
    this.samples = [...this.samples.filter(([at]) => now - at < REMEMBERED_S), [now, sent]];
    const [first] = this.samples;
    if (!first || now - first[0] < 1) return 0;
    return Math.max(0, (sent - first[1]) / (now - first[0]));
  }
}

class Queue {
  private items: Sending[] = [];
  private stops = new Map<number, AbortController>();
  private listeners = new Set<() => void>();
  private last = 0;

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  readonly snapshot = () => this.items;

  add(films: Film[]): void {
    const made = films.map((film): Sending => {
      this.last += 1;
      return { id: this.last, film, size: sizeOf(film), sent: 0, status: "queued", problem: "", speed: 0 };
    });
    this.set([...this.items, ...made]);
    this.next();
  }

  pause(id: number): void {
    this.change(id, { status: "paused", speed: 0 });
    this.stops.get(id)?.abort();
  }

  resume(id: number): void {
    this.change(id, { status: "queued", problem: "" });
    this.next();
  }

  async cancel(id: number): Promise<void> {
    const item = this.items.find((one) => one.id === id);
    this.stops.get(id)?.abort();
    this.remove(id);
    if (item && item.status !== "done") await giveUp(item.film);
  }

  remove(id: number): void {
    this.set(this.items.filter((one) => one.id !== id));
    this.next();
  }

  private next(): void {
    const running = this.items.filter(({ status }) => LIVE.includes(status)).length;
    for (const { id } of this.items.filter(({ status }) => status === "queued").slice(0, Math.max(0, AT_ONCE - running))) {
      void this.send(id);
    }
  }

  private async send(id: number): Promise<void> {
    const item = this.items.find((one) => one.id === id);
    if (!item) return;
    const stop = new AbortController();
    const speed = new Speed();
    this.stops.set(id, stop);
    this.change(id, { status: "sending" });
    const progress = (sent: number, note: "sending" | "waiting") => {
      if (!stop.signal.aborted) this.change(id, { sent, status: note, speed: note === "waiting" ? 0 : speed.at(sent) });
    };
    try {
      await sendFilm(item.film, progress, stop.signal);
      this.change(id, { status: "done", sent: item.size, speed: 0 });
    } catch (error) {
      if (!stop.signal.aborted) this.change(id, { status: "failed", problem: problemOf(error).detail, speed: 0 });
    } finally {
      if (this.stops.get(id) === stop) this.stops.delete(id);
      this.next();
    }
  }

  private change(id: number, part: Partial<Sending>): void {
    this.set(this.items.map((one) => (one.id === id ? { ...one, ...part } : one)));
  }

  private set(items: Sending[]): void {
    this.items = items;
    window[items.some(({ status }) => status !== "done") ? "addEventListener" : "removeEventListener"]("beforeunload", warn);
    for (const listener of this.listeners) listener();
  }
}

const warn = (event: BeforeUnloadEvent) => event.preventDefault();

export const queue = new Queue();
export const useQueue = () => useSyncExternalStore(queue.subscribe, queue.snapshot);
