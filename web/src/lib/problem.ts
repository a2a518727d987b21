/** An RFC 9457 problem that the API answered, or one of our own where no answer came (`unreachable`, status 0). */
export class Problem extends Error {
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  readonly extra: Record<string, unknown>;

  constructor(type: string, status: number, detail: string, extra: Record<string, unknown> = {}) {
    super(detail);
    this.name = "Problem";
    this.type = type;
    this.status = status;
    this.detail = detail;
    this.extra = extra;
  }
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem("client-error", 0, error instanceof Error ? error.message : "Something went wrong on this page.");
}

export function unreachable(): Problem {
  return new Problem("unreachable", 0, "Matinee cannot be reached. Check the connection and try again.");
}

/** The problem in an answer's body, or the plainest one that its status allows. */
export function problemFrom(status: number, body: unknown): Problem {
  if (typeof body === "object" && body !== null && "type" in body && typeof body.type === "string") {
    const { type, title, detail, ...extra } = body as Record<string, unknown>;
    return new Problem(String(type), status, String(detail ?? title ?? ""), extra);
  }
  if (status >= 502 && status <= 504) {
    return new Problem("unavailable", status, "This part of Matinee is not available now. Try again in a moment.");
  }
  return new Problem("internal", status, `Matinee answered with an error (${status}).`);
}
