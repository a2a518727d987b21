import { answer, client } from "../client";

/** Zero seconds: all unfinished at once; else what changed after the cursor. */
export const preparations = (after: number, wait_s: number, signal: AbortSignal) =>
  answer(client.GET("/api/studio/preparations", { params: { query: { after, wait_s } }, signal }));
/** How a title's film was prepared the last time; null where there was none. */
export const preparationOf = async (title_id: string) => {
  const { preparations } = await answer(client.GET("/api/studio/titles/{title_id}/preparations", { params: { path: { title_id } } }));
  return preparations[0] ?? null;
};
export const cancelPreparation = (preparation_id: string) =>
  answer(client.DELETE("/api/studio/preparations/{preparation_id}", { params: { path: { preparation_id } } }));
/** All that did not end well, or one step. */
export const retryPreparation = ({ id, step }: { id: string; step?: string }) =>
  answer(
    client.POST("/api/studio/preparations/{preparation_id}/retry", {
      params: { path: { preparation_id: id }, query: step === undefined ? {} : { step } },
    }),
  );
export const pausePreparation = (preparation_id: string) =>
  answer(client.POST("/api/studio/preparations/{preparation_id}/pause", { params: { path: { preparation_id } } }));
export const resumePreparation = (preparation_id: string) =>
  answer(client.POST("/api/studio/preparations/{preparation_id}/resume", { params: { path: { preparation_id } } }));
