// Where the time of one request went: what lasted from when to when, in milliseconds since its head was read.
import type { Journey } from "../../lib/shapes";

export type Span = { name: string; note: string; from: number; to: number; depth: number; kind: "gateway" | "server" | "bad" | "client" };

type Try = NonNullable<Journey["tries"]>[number];

function tried(each: Try, number: number): Span[] {
  const ended = each.status ? `answered ${each.status}` : words(each.category);
  const bad = !each.status || each.status >= 500;
  const kind = bad ? "bad" : "server";
  const spans: Span[] = [{ name: `Try ${number}: ${each.instance}`, note: ended, from: each.began_ms, to: each.ended_ms, depth: 0, kind }];
  if (each.sent_ms === null) return spans;
  if (!each.reused) spans.push({ name: "Connects", note: "", from: each.began_ms, to: each.sent_ms, depth: 1, kind });
  const answered = each.answered_ms ?? each.ended_ms;
  spans.push({ name: "Waits for the answer", note: "", from: each.sent_ms, to: answered, depth: 1, kind });
  if (each.answered_ms !== null && each.ended_ms > each.answered_ms) {
    spans.push({ name: "Answer comes", note: "", from: each.answered_ms, to: each.ended_ms, depth: 1, kind });
  }
  return spans;
}

export function spans(journey: Journey): Span[] {
  const found: Span[] = [];
  if (journey.body_ms) found.push({ name: "Body comes", note: "", from: 0, to: journey.body_ms, depth: 0, kind: "client" });
  found.push({ name: "Filters", note: "", from: 0, to: journey.filters_ms, depth: 0, kind: "gateway" });
  for (const wait of journey.waits ?? []) {
    found.push({ name: `${wait.filter} waits`, note: "", from: wait.began_ms, to: wait.ended_ms, depth: 1, kind: "gateway" });
  }
  for (const [index, each] of (journey.tries ?? []).entries()) found.push(...tried(each, index + 1));
  if (journey.first_ms !== null) {
    found.push({ name: "Goes out to the client", note: "", from: journey.first_ms, to: journey.ended_ms, depth: 0, kind: "client" });
  }
  return found;
}

/** "FAILURE_ORIGIN_READ_TIMEOUT" as "failure: origin read timeout". */
export function words(category: string): string {
  if (category === "SUCCESS_LOCAL_NOTSET") return "success: by the gateway itself";
  const [first = "", ...rest] = category.toLowerCase().split("_");
  return rest.length > 0 ? `${first}: ${rest.join(" ")}` : first;
}
