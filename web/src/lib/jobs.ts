import { useCallback, useEffect, useState } from "react";
import { watchJobs } from "./calls/jobs";
import { pause, WAIT_S } from "./polling";
import type { FilmJob } from "./shapes";

/** The jobs that prepare films, by the preparation they belong to, kept up to date while the page shows them. */
export function useFilmJobs() {
  const [jobs, setJobs] = useState<ReadonlyMap<string, FilmJob>>(new Map());

  /** A change counts unless a later one is known. */
  const adopt = useCallback((changed: FilmJob[]) => {
    setJobs((before) => {
      const after = new Map(before);
      for (const job of changed) {
        const key = job.preparation_id ?? job.id;
        if (job.version >= (after.get(key)?.version ?? 0)) after.set(key, job);
      }
      return after;
    });
  }, []);

  useEffect(() => {
    const stop = new AbortController();
    const watch = async () => {
      let cursor = 0;
      let wait = 0;
      while (!stop.signal.aborted) {
        try {
          const seen = await watchJobs(cursor, wait, stop.signal);
          adopt(seen.jobs);
          cursor = seen.cursor;
          wait = seen.more ? 0 : WAIT_S;
          await pause(200); // a burst of changes is drawn once
        } catch {
          await pause(3000); // the list of films says what is wrong
        }
      }
    };
    void watch();
    return () => stop.abort();
  }, [adopt]);

  return { jobs, adopt };
}
