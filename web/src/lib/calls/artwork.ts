import { answer, client } from "../client";
import type { Shape } from "../shapes";

const at = "/api/studio/titles/{title_id}/artwork";

export const artwork = async (title_id: string) => (await answer(client.GET(at, { params: { path: { title_id } } }))).pictures;

/** Null leaves the choice to the score. */
export const chooseArtwork = async (title_id: string, shape: Shape, image_id: string | null) =>
  (await answer(client.PUT(`${at}/choice`, { params: { path: { title_id } }, body: { shape, image_id } }))).pictures;

/** The file itself is the body; what it is, its bytes say. */
export const sendArtwork = async (title_id: string, shape: Shape, file: File) =>
  (
    await answer(
      client.POST(at, {
        params: { path: { title_id }, query: { shape } },
        body: file as never,
        bodySerializer: (body: unknown) => body as File,
        headers: { "content-type": file.type || "application/octet-stream" },
      }),
    )
  ).pictures;

export const dropArtwork = async (title_id: string, image_id: string) =>
  (await answer(client.DELETE(`${at}/{image_id}`, { params: { path: { title_id, image_id } } }))).pictures;
