import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { preparations } from "./calls/preparations";
import { pause, WAIT_S } from "./polling";
import { type Problem, problemOf } from "./problem";
import type { Preparation } from "./shapes";

const plays = ({ phase }: Preparation) => phase === "playable" || phase === "improving";

/** Films in preparation that nobody cancelled, newest first, kept up to date by long polling while the page shows them. */
export function usePreparations(enabled: boolean) {
  const queries = useQueryClient();
  const [known, setKnown] = useState<Map<string, Preparation> | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  /** What an answer says of some of them counts at once, unless something later is known. */
  const adopt = useCallback((changed: Preparation[]) => {
    setKnown((before) => {
      const after = new Map(before);
      for (const one of changed) if (one.version >= (after.get(one.id)?.version ?? 0)) after.set(one.id, one);
      return after;
    });
  }, []);

  useEffect(() => {
    if (!enabled) return;
    const stop = new AbortController();
    const phases = new Map<string, Preparation["phase"]>();
    const take = (changed: Preparation[]) => {
      adopt(changed);
      setProblem(null);
      const fresh = changed.filter((one) => plays(one) && phases.get(one.id) !== one.phase);
      for (const one of changed) phases.set(one.id, one.phase);
      if (fresh.length > 0) {
        void queries.invalidateQueries({ queryKey: ["home"] });
        void queries.invalidateQueries({ queryKey: ["studio-titles"] });
      }
    };
    const watch = async () => {
      let cursor: number | null = null;
      while (!stop.signal.aborted) {
        try {
          const asked: Awaited<ReturnType<typeof preparations>> =
            cursor === null ? await preparations(0, 0, stop.signal) : await preparations(cursor, WAIT_S, stop.signal);
          if (cursor === null || asked.preparations.length > 0) take(asked.preparations);
          cursor = asked.cursor;
          await pause(200); // a burst of changes is drawn once
        } catch (error) {
          if (stop.signal.aborted) return;
          setProblem(problemOf(error));
          await pause(3000);
        }
      }
    };
    void watch();
    return () => stop.abort();
  }, [enabled, queries, adopt]);

  const shown = known && [...known.values()].filter(({ phase }) => phase !== "canceled");
  const list = shown && shown.sort((a, b) => b.created_at.localeCompare(a.created_at));
  return { preparations: list, problem, adopt };
}
