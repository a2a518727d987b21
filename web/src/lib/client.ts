import createClient from "openapi-fetch";
import type { paths } from "./api";
import { problemFrom, unreachable } from "./problem";

export const client = createClient<paths>({ baseUrl: "/" });

/** The body of a good answer. Raises Problem for any other, and for no answer at all. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const result = await call.catch((failure: unknown) => {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw unreachable();
  });
  if (!result.response.ok) throw problemFrom(result.response.status, result.error);
  return result.data as T;
}
