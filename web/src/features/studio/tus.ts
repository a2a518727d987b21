// Resumable uploads, after the tus 1.0.0 protocol (creation, PATCH at an offset, termination). What broke goes on where it stood.
import { type Problem, problemFrom, problemOf, unreachable } from "../../lib/problem";

const ROUTE = "/api/studio/uploads";
const PIECE = 8 * 1024 * 1024;
const VERSION = { "Tus-Resumable": "1.0.0" };
const LONGEST_PAUSE_MS = 15_000;

export type Metadata = Record<string, string>;
export type Progress = (sent: number, note: "sending" | "waiting") => void;

function encode(metadata: Metadata): string {
  const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  return Object.entries(metadata)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${key} ${base64(value)}`)
    .join(",");
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  });
  if (!response.ok) throw problemFrom(response.status, await response.json().catch(() => null));
  return response;
}

/** Announces a file; its upload's URL. */
export async function create(file: File, metadata: Metadata, signal: AbortSignal): Promise<string> {
  const headers = { ...VERSION, "Upload-Length": String(file.size), "Upload-Metadata": encode(metadata) };
  const response = await send(ROUTE, { method: "POST", headers, signal });
  const where = response.headers.get("Location");
  if (!where) throw problemFrom(response.status, null);
  return new URL(where, new URL(`${ROUTE}/`, location.origin)).pathname;
}

export function idOf(url: string): string {
  return decodeURIComponent(url.split("/").filter(Boolean).at(-1) ?? "");
}

/** How much the server has. Raises Problem 404 for an upload that it does not know (any more). */
export async function offsetOf(url: string, signal: AbortSignal): Promise<number> {
  const response = await send(url, { method: "HEAD", headers: VERSION, signal });
  return Number(response.headers.get("Upload-Offset"));
}

/** Gives an upload up; one that is gone already is as good as given up. */
export async function cancel(url: string): Promise<void> {
  try {
    await send(url, { method: "DELETE", headers: VERSION });
  } catch (error) {
    const { status } = problemOf(error);
    if (status !== 404 && status !== 410) throw error;
  }
}

/** One piece, by XMLHttpRequest since fetch tells no progress. Gives the new offset. */
function patch(url: string, file: File, offset: number, progress: Progress, signal: AbortSignal): Promise<number> {
  const piece = file.slice(offset, offset + PIECE);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PATCH", url);
    request.setRequestHeader("Tus-Resumable", VERSION["Tus-Resumable"]);
    request.setRequestHeader("Upload-Offset", String(offset));
    request.setRequestHeader("Content-Type", "application/offset+octet-stream");
    request.upload.onprogress = ({ loaded }) => progress(offset + loaded, "sending");
    request.onload = () => {
      signal.removeEventListener("abort", abort);
      if (request.status === 204) return resolve(Number(request.getResponseHeader("Upload-Offset")));
      reject(problemFrom(request.status, bodyOf(request)));
    };
    const failed = (reason: unknown) => {
      signal.removeEventListener("abort", abort);
      reject(reason);
    };
    request.onerror = () => failed(unreachable());
    request.onabort = () => failed(new DOMException("Stopped", "AbortError"));
    signal.addEventListener("abort", abort, { once: true });
    request.send(piece);
  });
}

function bodyOf(request: XMLHttpRequest): unknown {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null;
  }
}

/** A broken line or a server that restarts mends itself; a refusal does not. */
function passes({ status, type }: Problem): boolean {
  return status === 0 || status === 409 || status === 423 || status === 429 || (status >= 500 && type !== "out-of-space");
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", stop);
    };
    const done = () => {
      end();
      resolve();
    };
    const stop = () => {
      end();
      reject(new DOMException("Stopped", "AbortError"));
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Sends what the server lacks, through broken connections, until all is there. Raises Problem where trying on is no use. */
export async function upload(url: string, file: File, progress: Progress, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let offset: number | null = null;
  while (offset === null || offset < file.size) {
    try {
      offset ??= await offsetOf(url, signal);
      progress(offset, "sending");
      if (offset < file.size) offset = await patch(url, file, offset, progress, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted || !passes(problemOf(error))) throw error;
      failures += 1;
      progress(offset ?? 0, "waiting");
      offset = null;
      await pause(Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures), signal);
    }
  }
  progress(file.size, "sending");
}
