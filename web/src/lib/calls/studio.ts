import { answer, client } from "../client";
import type { StudioTitleChange } from "../shapes";

/** Zero seconds: all unfinished at once; else what changed after the cursor. */
export const preparations = (after: number, wait_s: number, signal?: AbortSignal) =>
  answer(client.GET("/api/studio/preparations", { params: { query: { after, wait_s } }, signal: signal ?? null }));
export const cancelPreparation = (id: string) =>
  answer(client.DELETE("/api/studio/preparations/{preparation_id}", { params: { path: { preparation_id: id } } }));
export const retryPreparation = (id: string) =>
  answer(client.POST("/api/studio/preparations/{preparation_id}/retry", { params: { path: { preparation_id: id } } }));

export const titles = (before: string | null) =>
  answer(client.GET("/api/studio/titles", { params: { query: before ? { before } : {} } }));
export const updateTitle = (id: string, body: StudioTitleChange) =>
  answer(client.PATCH("/api/studio/titles/{title_id}", { params: { path: { title_id: id } }, body }));
export const publish = (id: string) =>
  answer(client.POST("/api/studio/titles/{title_id}/publish", { params: { path: { title_id: id } } }));
export const withdraw = (id: string) =>
  answer(client.POST("/api/studio/titles/{title_id}/withdraw", { params: { path: { title_id: id } } }));
