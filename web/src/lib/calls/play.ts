import { answer, client } from "../client";
import { problemFrom, unreachable } from "../problem";
import type { Heartbeat, PlayBody } from "../shapes";

export const play = (title_id: string, body: PlayBody) =>
  answer(client.POST("/api/play/{title_id}", { params: { path: { title_id } }, body }));

/** Keeps the stream's lease. `url` is the play answer's own. Raises Problem. */
export async function beat(url: string, body: Heartbeat, keepalive = false): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    keepalive,
  }).catch(() => {
    throw unreachable();
  });
  if (!response.ok) throw problemFrom(response.status, await response.json().catch(() => null));
}

/** Frees the stream's slot; sent even while the page goes away. */
export async function leave(session_id: string): Promise<void> {
  await fetch(`/api/play/sessions/${session_id}`, { method: "DELETE", keepalive: true }).catch(() => undefined);
}
