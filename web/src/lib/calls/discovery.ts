import { answer, client } from "../client";

export const home = () => answer(client.GET("/api/discovery/home"));
export const search = async (q: string, signal: AbortSignal) =>
  (await answer(client.GET("/api/discovery/search", { params: { query: { q } }, signal }))).items;
export const genres = async () => (await answer(client.GET("/api/discovery/genres"))).genres;
export const genre = (id: string, after: string | null) =>
  answer(client.GET("/api/discovery/genres/{genre_id}", { params: { path: { genre_id: id }, query: after ? { after } : {} } }));
/** Of a series the episodes of `season`, or of the one to go on with; `after` is `next` of the answer before. */
export const title = (id: string, season?: number, after?: number) => {
  const query = { ...(season === undefined ? {} : { season }), ...(after === undefined ? {} : { after }) };
  return answer(client.GET("/api/discovery/titles/{title_id}", { params: { path: { title_id: id }, query } }));
};
export const forget = (title_id: string) =>
  answer(client.DELETE("/api/discovery/continue-watching/{title_id}", { params: { path: { title_id } } }));
