import { useEffect, useState } from "react";

const SHOWN_MS = 1500;
const KEYS = new Set(["ArrowLeft", "ArrowRight", "j", "l", "PageUp", "PageDown", "Home", "End"]);

/** Whether a key has moved the position a moment ago. */
export function useRecentSeek(): boolean {
  const [pressed, setPressed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const press = (event: globalThis.KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (!KEYS.has(event.key) || target?.closest("[role=menu]") || target?.dataset.keys === "volume") return;
      setPressed(true);
      clearTimeout(timer);
      timer = setTimeout(() => setPressed(false), SHOWN_MS);
    };
    window.addEventListener("keydown", press);
    return () => {
      window.removeEventListener("keydown", press);
      clearTimeout(timer);
    };
  }, []);
  return pressed;
}
