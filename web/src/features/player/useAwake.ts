import { useCallback, useEffect, useRef, useState } from "react";

const AFTER_MS = 3000;

/** True for a while after the viewer did something, and as long as `held`. */
export function useAwake(held: boolean) {
  const [awake, setAwake] = useState(true);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const wake = useCallback(() => {
    setAwake(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setAwake(false), AFTER_MS);
  }, []);
  const sleep = useCallback(() => {
    clearTimeout(timer.current);
    setAwake(false);
  }, []);
  useEffect(() => {
    wake();
    return () => clearTimeout(timer.current);
  }, [held, wake]);
  return { awake: awake || held, wake, sleep };
}
