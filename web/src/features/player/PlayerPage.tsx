import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { usePageTitle } from "../../lib/page";
import { back, useQueryParam } from "../../lib/router";
import { Engine } from "./engine";
import type { Fault } from "./fault";
import { FaultPage } from "./FaultPage";
import { ProblemPage } from "./ProblemPage";
import { Screen } from "./Screen";
import { usePlay } from "./usePlay";
import "./player.css";

/** Asked when this code comes, which is before it is wanted: the answer takes as long as a frame. */
const SUPPORTED = Engine.supported();
const NO_SUPPORT: Fault = { kind: "unplayable", detail: "This browser has no Media Source Extensions." };

export default function PlayerPage({ id }: { id: string }) {
  const queries = useQueryClient();
  const fromStart = useQueryParam("from") === "start";
  const { play, problem, asked_ms, round, again, fail } = usePlay(id);
  const [fault, setFault] = useState<Fault | null>(null);
  usePageTitle(play?.title.title ?? "Film");

  const leave = useCallback(() => back(`/titles/${id}`), [id]);
  const retry = useCallback(() => {
    setFault(null);
    again();
  }, [again]);

  // The last position is written by then: what other pages know of it is old.
  const left = useCallback(() => {
    for (const key of ["home", "title"]) void queries.invalidateQueries({ queryKey: [key] });
  }, [queries]);
  useEffect(() => {
    const restored = (event: PageTransitionEvent) => event.persisted && retry();
    window.addEventListener("pageshow", restored);
    return () => window.removeEventListener("pageshow", restored);
  }, [retry]);

  if (problem) return <ProblemPage problem={problem} title_id={id} onRetry={retry} onLeave={leave} />;
  if (!SUPPORTED) return <FaultPage fault={NO_SUPPORT} onRetry={retry} onLeave={leave} />;
  if (fault) return <FaultPage fault={fault} onRetry={retry} onLeave={leave} />;
  return (
    <Screen
      key={round}
      play={play}
      asked_ms={asked_ms}
      fromStart={fromStart}
      onFault={setFault}
      onProblem={fail}
      onLeave={leave}
      onLeft={left}
    />
  );
}
