import { answer, client } from "../client";

/** How a title's film was prepared the last time; null where there was none, or long ago. */
export const preparationOf = async (title_id: string) => {
  const { preparations } = await answer(client.GET("/api/studio/titles/{title_id}/preparations", { params: { path: { title_id } } }));
  return preparations[0] ?? null;
};
