import { useEffect, useState } from "react";
import { Button } from "../../components/Button";
import { ErrorNotice } from "../../components/Notice";
import { bytes } from "../../lib/format";
import { problemOf } from "../../lib/problem";
import { type Begun, forgetBegun, unfinished } from "./memory";
import { useQueue } from "./queue";
import { cancel, offsetOf } from "./tus";

type Known = { begun: Begun; sent: number };

/** Uploads of an earlier visit that the server still keeps. The file itself must be chosen again: pages may not open it. */
export function Unfinished() {
  const [known, setKnown] = useState<Known[]>([]);
  const [problem, setProblem] = useState<unknown>(null);
  const busy = new Set(useQueue().map(({ film }) => `${film.file.name}:${film.file.size}`));
  useEffect(() => {
    const stop = new AbortController();
    const look = async (begun: Begun): Promise<Known | null> => {
      try {
        return { begun, sent: await offsetOf(begun.url, stop.signal) };
      } catch (error) {
        const { status } = problemOf(error);
        if (status === 404 || status === 410) forgetBegun(begun);
        return null;
      }
    };
    const all = unfinished().map(look);
    void Promise.all(all).then((found) => !stop.signal.aborted && setKnown(found.filter((one) => one !== null)));
    return () => stop.abort();
  }, []);
  const drop = async ({ begun }: Known) => {
    try {
      await cancel(begun.url);
      forgetBegun(begun);
      setKnown((all) => all.filter((one) => one.begun !== begun));
    } catch (error) {
      setProblem(error);
    }
  };
  const shown = known.filter(({ begun, sent }) => sent < begun.size && !busy.has(`${begun.name}:${begun.size}`));
  if (shown.length === 0) return null;
  return (
    <div className="stack">
      <h3>Begun before</h3>
      <ErrorNotice error={problem} />
      <ul className="list">
        {shown.map((one) => (
          <li key={one.begun.url} className="list-item">
            <div className="list-main">
              <strong>{one.begun.title}</strong>
              <span className="muted">
                {bytes(one.sent)} of {bytes(one.begun.size)} are here. Choose {one.begun.name} again and it goes on.
              </span>
            </div>
            <Button aria-label={`Give up ${one.begun.title}`} onClick={() => void drop(one)}>
              Give up
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
