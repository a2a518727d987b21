import { answer, client } from "../client";
import type { Chapter } from "../shapes";

const at = "/api/studio/titles/{title_id}/chapters";

export const chapters = async (title_id: string) => (await answer(client.GET(at, { params: { path: { title_id } } }))).chapters;

export const setChapters = async (title_id: string, wanted: Chapter[]) =>
  (await answer(client.PUT(at, { params: { path: { title_id } }, body: { chapters: wanted } }))).chapters;
