import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { MaturityBadge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Field, Select } from "../../components/Field";
import { Failed } from "../../components/Notice";
import { Poster } from "../../components/Poster";
import { SkeletonLines } from "../../components/Skeleton";
import { titles, type Wanted } from "../../lib/calls/studio";
import { duration } from "../../lib/format";
import { Link, navigate } from "../../lib/router";
import type { StudioTitle } from "../../lib/shapes";
import { NewSeries } from "./NewSeries";
import { kindOf, stateOf } from "./state";

const SETTLE_MS = 200;
const STATES = { draft: "Drafts", published: "Published", withdrawn: "Withdrawn" } as const;
const KINDS = { film: "Films", series: "Series", episode: "Episodes" } as const;

function Item({ title }: { title: StudioTitle }) {
  const { text, tone } = stateOf(title);
  const languages = Object.keys(title.translations).length;
  return (
    <li className="list-item">
      <div className="list-picture">
        <Poster id={title.id} title={title.title} url={title.poster_url} sizes="120px" />
      </div>
      <div className="list-main">
        <Link to={`/studio/titles/${title.id}`} aria-label={`Edit ${title.title}`} className="list-title">
          {title.title}
        </Link>
        <span className="facts small">
          <span>{kindOf(title)}</span>
          <MaturityBadge maturity={title.maturity} />
          {title.year && <span>{title.year}</span>}
          {title.duration_s > 0 && <span>{duration(title.duration_s)}</span>}
          {languages > 0 && <span>{languages + 1} languages</span>}
        </span>
        <span className={`state small ${tone}`}>{text}</span>
      </div>
    </li>
  );
}

function wantedFrom(search: string): Wanted {
  const asked = new URLSearchParams(search);
  const [state, kind] = [asked.get("state") ?? "", asked.get("kind") ?? ""];
  return {
    q: asked.get("q") ?? "",
    state: state in STATES ? (state as Wanted["state"]) : null,
    kind: kind in KINDS ? (kind as Wanted["kind"]) : null,
  };
}

/** What is looked for, held in the address too, so that Back from a title leads to the same list. */
function useWanted() {
  const [wanted, setWanted] = useState(() => wantedFrom(location.search));
  const [settled, setSettled] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(wanted);
      const asked = new URLSearchParams(Object.entries(wanted).filter((pair): pair is [string, string] => Boolean(pair[1])));
      if (location.pathname === "/studio") navigate(asked.size > 0 ? `/studio?${asked}` : "/studio", { replace: true });
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  return { wanted, settled, set: (part: Partial<Wanted>) => setWanted((now) => ({ ...now, ...part })) };
}

function Filters({ wanted, set }: { wanted: Wanted; set: (part: Partial<Wanted>) => void }) {
  return (
    <div className="columns filters" role="search" aria-label="Titles">
      <Field
        label="Search titles"
        type="search"
        autoComplete="off"
        maxLength={200}
        value={wanted.q}
        onChange={(event) => set({ q: event.target.value })}
      />
      <Select label="State" value={wanted.state ?? ""} onChange={(event) => set({ state: (event.target.value || null) as Wanted["state"] })}>
        <option value="">All</option>
        {Object.entries(STATES).map(([state, name]) => (
          <option key={state} value={state}>
            {name}
          </option>
        ))}
      </Select>
      <Select label="Kind" value={wanted.kind ?? ""} onChange={(event) => set({ kind: (event.target.value || null) as Wanted["kind"] })}>
        <option value="">All</option>
        {Object.entries(KINDS).map(([kind, name]) => (
          <option key={kind} value={kind}>
            {name}
          </option>
        ))}
      </Select>
    </div>
  );
}

export function TitlesSection() {
  const [beginning, setBeginning] = useState(false);
  const { wanted, settled, set } = useWanted();
  const list = useInfiniteQuery({
    queryKey: ["studio-titles", settled],
    queryFn: ({ pageParam }) => titles(settled, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const found = list.data?.pages.flatMap((page) => page.titles) ?? [];
  const everything = !settled.q && !settled.state && !settled.kind;
  return (
    <section className="panel" aria-labelledby="titles-heading">
      <div className="panel-head">
        <h2 id="titles-heading">Titles</h2>
        <Button onClick={() => setBeginning(true)}>New series…</Button>
      </div>
      <Filters wanted={wanted} set={set} />
      {list.isPending && <SkeletonLines lines={3} />}
      {list.isError && <Failed what="The titles" error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && found.length === 0 && (
        <p className="muted" role="status">
          {everything ? "No titles yet. Upload the first film." : "Nothing fits. Try fewer letters or another state."}
        </p>
      )}
      <ul className="list" aria-busy={list.isPlaceholderData}>
        {found.map((title) => (
          <Item key={title.id} title={title} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
      {beginning && <NewSeries onClose={() => setBeginning(false)} />}
    </section>
  );
}
