import { answer, client } from "../client";
import type { NewSeries, StudioTitle, StudioTitleChange } from "../shapes";

export type Wanted = { q: string; state: StudioTitle["state"] | null; kind: StudioTitle["kind"] | null };

export const titles = ({ q, state, kind }: Wanted, before: string | null, limit = 50) => {
  const query = { limit, q, ...(state ? { state } : {}), ...(kind ? { kind } : {}), ...(before ? { before } : {}) };
  return answer(client.GET("/api/studio/titles", { params: { query } }));
};
export const studioTitle = (id: string) =>
  answer(client.GET("/api/studio/titles/{title_id}", { params: { path: { title_id: id } } }));
export const episodes = async (id: string) =>
  (await answer(client.GET("/api/studio/titles/{title_id}/episodes", { params: { path: { title_id: id } } }))).titles;
/** The same key is the same series. */
export const createSeries = (key: string, body: NewSeries) =>
  answer(client.POST("/api/studio/titles", { body, params: { header: { "Idempotency-Key": key } } }));
export const deleteTitle = (id: string) =>
  answer(client.DELETE("/api/studio/titles/{title_id}", { params: { path: { title_id: id } } }));
export const updateTitle = (id: string, body: StudioTitleChange) =>
  answer(client.PATCH("/api/studio/titles/{title_id}", { params: { path: { title_id: id } }, body }));
export const publish = (id: string) =>
  answer(client.POST("/api/studio/titles/{title_id}/publish", { params: { path: { title_id: id } } }));
export const withdraw = (id: string) =>
  answer(client.POST("/api/studio/titles/{title_id}/withdraw", { params: { path: { title_id: id } } }));
