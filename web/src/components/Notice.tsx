import type { ReactNode } from "react";
import { problemOf } from "../lib/problem";
import { Button } from "./Button";

type Tone = "error" | "good" | "plain";

export function Notice({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <div className={`notice ${tone}`} role={tone === "error" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** What went wrong, in the API's own sentence. */
export function ErrorNotice({ error }: { error: unknown }) {
  return error ? <Notice tone="error">{problemOf(error).detail}</Notice> : null;
}

type EmptyProps = { title: string; children?: ReactNode; heading?: "h1" | "h2" };

/** A calm page or part for "there is nothing". */
export function Empty({ title, children, heading: Heading = "h2" }: EmptyProps) {
  return (
    <div className="empty">
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** For what could not be loaded, with the way to try again. */
export function Failed({ error, retry, what }: { error: unknown; retry?: () => void; what: string }) {
  return (
    <div className="empty" role="alert">
      <h2>{what} could not be loaded</h2>
      <p>{problemOf(error).detail}</p>
      {retry && (
        <Button kind="primary" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
