import { useEffect } from "react";

/** The tab's title while a page is shown. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Matinee` : "Matinee";
  }, [title]);
}

/** Runs `act` with every message that the frame's own window sends from `origin`. */
export function useFrameMessages(
  frame: { current: HTMLIFrameElement | null },
  origin: string,
  act: (data: Record<string, unknown>) => void,
): void {
  useEffect(() => {
    const receive = (event: MessageEvent<unknown>) => {
      if (event.origin !== origin || event.source !== frame.current?.contentWindow) return;
      if (typeof event.data === "object" && event.data !== null) act(event.data as Record<string, unknown>);
    };
    window.addEventListener("message", receive);
    return () => window.removeEventListener("message", receive);
  }, [frame, origin, act]);
}
