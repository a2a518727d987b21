import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Empty, Failed, Notice } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { traffic } from "../../lib/calls/traffic";
import { usePageTitle } from "../../lib/page";
import { problemOf } from "../../lib/problem";
import type { Live } from "../../lib/shapes";
import { FiltersSection } from "./FiltersSection";
import { GatewaysSection } from "./GatewaysSection";
import { OriginsSection } from "./OriginsSection";
import { RequestsSection } from "./RequestsSection";
import { RoutesSection } from "./RoutesSection";
import { Summary } from "./Summary";
import "./operations.css";

const EVERY_MS = 2000;

function Figures({ live, moving }: { live: Live; moving: boolean }) {
  if (live.gateways.length === 0) {
    return (
      <Empty title="No gateway has reported yet">
        <p>Each one does so every second; the first figures come in a moment.</p>
      </Empty>
    );
  }
  return (
    <>
      {live.old && <Notice tone="error">No gateway has been heard of lately. These are the last figures.</Notice>}
      <Summary live={live} />
      <RoutesSection live={live} />
      <OriginsSection live={live} />
      <RequestsSection routes={live.routes.map(({ name }) => name)} live={moving} />
      <GatewaysSection live={live} />
      <FiltersSection live={live} />
    </>
  );
}

export default function OperationsPage() {
  usePageTitle("Operations");
  const [moving, setMoving] = useState(true);
  const live = useQuery({ queryKey: ["traffic"], queryFn: traffic, refetchInterval: moving && EVERY_MS, retry: false });
  return (
    <div className="page operations">
      <div className="panel-head">
        <h1>Operations</h1>
        <Button aria-pressed={!moving} onClick={() => setMoving(!moving)}>
          {moving ? "Hold the figures" : "Let them move again"}
        </Button>
      </div>
      {live.isPending && <SkeletonLines lines={8} />}
      {live.isError && !live.data && <Failed what="The figures" error={live.error} retry={() => void live.refetch()} />}
      {live.isError && live.data && <Notice tone="error">The figures stand still: {problemOf(live.error).detail}</Notice>}
      {live.data && <Figures live={live.data} moving={moving} />}
    </div>
  );
}
