import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button } from "../../components/Button";
import { Field, Select } from "../../components/Field";
import { Failed } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { requests, type WantedRequests } from "../../lib/calls/traffic";
import { Link } from "../../lib/router";
import type { Journey } from "../../lib/shapes";
import { took } from "./figures";
import { words } from "./spans";

const EVERY_MS = 5000;
const SETTLE_MS = 300;
const REASONS = { slow: "Slow", failed: "Failed", sample: "Sample" } as const;
const STATUSES = { "5xx": "5xx", "4xx": "4xx", "2xx": "2xx", "503": "503", "504": "504", "502": "502" } as const;
const ALL: WantedRequests = { why: null, status: "", route: "", account: "" };

function Item({ journey }: { journey: Journey }) {
  const at = new Date(journey.at).toLocaleTimeString();
  return (
    <li className="list-item">
      <span className={`kept ${journey.why}`}>{REASONS[journey.why]}</span>
      <div className="list-main">
        <Link to={`/operations/requests/${journey.id}`} className="list-title">
          {journey.method} {journey.target}
        </Link>
        <span className="facts small muted">
          <span>{at}</span>
          <span>{journey.status || "no answer"}</span>
          <span>{took(journey.ended_ms / 1000)}</span>
          <span>{journey.route || "no route"}</span>
          {journey.why === "failed" && <span className="bad">{words(journey.category)}</span>}
          {(journey.tries ?? []).length > 1 && <span>{(journey.tries ?? []).length} tries</span>}
        </span>
      </div>
    </li>
  );
}

type FiltersProps = { wanted: WantedRequests; set: (part: Partial<WantedRequests>) => void; routes: string[] };

function Filters({ wanted, set, routes }: FiltersProps) {
  return (
    <div className="columns filters" role="search" aria-label="Requests">
      <Select label="Kept as" value={wanted.why ?? ""} onChange={(event) => set({ why: (event.target.value || null) as Journey["why"] | null })}>
        <option value="">Slow or failed</option>
        {Object.entries(REASONS).map(([why, name]) => (
          <option key={why} value={why}>
            {name}
          </option>
        ))}
      </Select>
      <Select label="Status" value={wanted.status} onChange={(event) => set({ status: event.target.value })}>
        <option value="">All</option>
        {Object.entries(STATUSES).map(([status, name]) => (
          <option key={status} value={status}>
            {name}
          </option>
        ))}
      </Select>
      <Select label="Route" value={wanted.route} onChange={(event) => set({ route: event.target.value })}>
        <option value="">All</option>
        {routes.map((route) => (
          <option key={route}>{route}</option>
        ))}
      </Select>
      <Field
        label="Member"
        placeholder="acc_…"
        autoComplete="off"
        maxLength={100}
        value={wanted.account}
        onChange={(event) => set({ account: event.target.value.trim() })}
      />
    </div>
  );
}

export function RequestsSection({ routes, live }: { routes: string[]; live: boolean }) {
  const [wanted, setWanted] = useState(ALL);
  const [settled, setSettled] = useState(ALL);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const list = useInfiniteQuery({
    queryKey: ["requests", settled],
    queryFn: ({ pageParam }) => requests(settled, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => live && (query.state.data?.pages.length ?? 0) < 2 && EVERY_MS,
  });
  const found = list.data?.pages.flatMap((page) => page.requests) ?? [];
  const everything = settled === ALL || JSON.stringify(settled) === JSON.stringify(ALL);
  return (
    <section className="panel" aria-labelledby="requests-heading">
      <h2 id="requests-heading">Slow and failed requests</h2>
      <Filters wanted={wanted} set={(part) => setWanted((now) => ({ ...now, ...part }))} routes={routes} />
      {list.isPending && <SkeletonLines lines={3} />}
      {list.isError && found.length === 0 && <Failed what="The requests" error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && found.length === 0 && (
        <p className="muted" role="status">
          {everything ? "None was slow, and none failed." : "None fits."}
        </p>
      )}
      <ul className="list" aria-busy={list.isPlaceholderData}>
        {found.map((journey) => (
          <Item key={journey.id} journey={journey} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  );
}
