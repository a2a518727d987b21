import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { usePageTitle } from "../../lib/page";
import { back, useQueryParam } from "../../lib/router";
import { Engine } from "./engine";
import type { Fault } from "./fault";
import { FaultPage } from "./FaultPage";
import { nameOf } from "./name";
import { ProblemPage } from "./ProblemPage";
import { Screen } from "./Screen";
import { usePlay } from "./usePlay";
import "./player.css";

/** Asked when this code comes, which is before it is wanted: the answer takes as long as a frame. */
const SUPPORTED = Engine.supported();
const NO_SUPPORT: Fault = { kind: "unplayable", detail: "This browser has no Media Source Extensions." };

/** Where the address says to begin, in seconds; null where it leaves that to what was watched. */
function begun(from: string): number | null {
  if (from === "start") return 0;
  return /^\d{1,6}(\.\d{1,3})?$/.test(from) ? Number(from) : null;
}

export default function PlayerPage({ id }: { id: string }) {
  const queries = useQueryClient();
  const from = begun(useQueryParam("from"));
  const preview = useQueryParam("preview") === "1";
  const { play, problem, asked_ms, round, again, fail } = usePlay(id, preview);
  const [fault, setFault] = useState<Fault | null>(null);
  usePageTitle(play ? nameOf(play.title) : "Film");

  const leave = useCallback(() => back(preview ? `/studio/titles/${id}` : `/titles/${id}`), [id, preview]);
  const retry = useCallback(() => {
    setFault(null);
    again();
  }, [again]);

  // The last position is written by then: what other pages know of it is old.
  const left = useCallback(() => {
    for (const key of ["home", "title"]) void queries.invalidateQueries({ queryKey: [key] });
  }, [queries]);
  useEffect(
    () => () => {
      if (document.fullscreenElement && !location.pathname.startsWith("/watch/")) void document.exitFullscreen();
    },
    [],
  );
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
      from={from}
      onFault={setFault}
      onProblem={fail}
      onLeave={leave}
      onLeft={left}
    />
  );
}
