import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useLayoutEffect, useState } from "react";
import { leave, play } from "../../lib/calls/play";
import { type Problem, problemOf } from "../../lib/problem";
import type { Play } from "../../lib/shapes";
import { noticeSessionEnd } from "../../lib/session";
import { device } from "./device";

type State = { asked_ms: number; play: Play | null; problem: Problem | null };

const ASKING: State = { asked_ms: 0, play: null, problem: null };

/** Asks to play a title, an editor perhaps one that members do not see; `again` asks anew, `fail` ends what runs with a reason. */
export function usePlay(title_id: string, preview: boolean) {
  const queries = useQueryClient();
  const [round, setRound] = useState(0);
  const [state, setState] = useState(ASKING);
  // In the layout's phase: the question is on its way before the player is made.
  useLayoutEffect(() => {
    let current = true;
    const asked_ms = performance.now();
    play(title_id, { device: device(), preview }).then(
      (answer) => {
        if (current) setState({ asked_ms, play: answer, problem: null });
        else void leave(answer.session_id); // the viewer went away meanwhile
      },
      (error: unknown) => {
        noticeSessionEnd(queries, error);
        if (current) setState({ asked_ms, play: null, problem: problemOf(error) });
      },
    );
    return () => {
      current = false;
    };
  }, [title_id, preview, round, queries]);
  const again = useCallback(() => {
    setState(ASKING);
    setRound((now) => now + 1);
  }, []);
  const fail = useCallback(
    (problem: Problem) => {
      noticeSessionEnd(queries, problem);
      setState((now) => ({ ...now, play: null, problem }));
    },
    [queries],
  );
  return { ...state, round, again, fail };
}
