import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { MaturityBadge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { ErrorNotice, Failed } from "../../components/Notice";
import { Poster } from "../../components/Poster";
import { SkeletonLines } from "../../components/Skeleton";
import { publish, titles, withdraw } from "../../lib/calls/studio";
import { day, duration } from "../../lib/format";
import type { StudioTitle } from "../../lib/shapes";
import { EditTitle } from "./EditTitle";

const STATES: Record<StudioTitle["state"], string> = { draft: "Draft", published: "Published", withdrawn: "Withdrawn" };

function stateOf({ state, published_at }: StudioTitle): string {
  return state === "published" && published_at ? `Published on ${day(published_at)}` : STATES[state];
}

function Item({ film, onEdit }: { film: StudioTitle; onEdit: () => void }) {
  const queries = useQueryClient();
  const shown = film.state === "published";
  const changing = useMutation({
    mutationFn: () => (shown ? withdraw(film.id) : publish(film.id)),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["studio-titles"] });
      void queries.invalidateQueries({ queryKey: ["home"] });
    },
  });
  return (
    <li className="list-item">
      <div className="list-picture">
        <Poster id={film.id} title={film.title} url={film.poster_url} sizes="120px" />
      </div>
      <div className="list-main">
        <strong>{film.title}</strong>
        <span className="facts small">
          <MaturityBadge maturity={film.maturity} />
          {film.year && <span>{film.year}</span>}
          {film.duration_s > 0 && <span>{duration(film.duration_s)}</span>}
        </span>
        <span className="muted small">{stateOf(film)}</span>
        <ErrorNotice error={changing.error} />
      </div>
      <div className="list-actions">
        <Button aria-label={`Edit ${film.title}`} onClick={onEdit}>
          Edit
        </Button>
        <Button
          kind={shown ? "danger" : "primary"}
          aria-label={`${shown ? "Withdraw" : "Publish"} ${film.title}`}
          busy={changing.isPending}
          onClick={() => changing.mutate()}
        >
          {shown ? "Withdraw" : "Publish"}
        </Button>
      </div>
    </li>
  );
}

export function TitlesSection() {
  const [editing, setEditing] = useState<StudioTitle | null>(null);
  const list = useInfiniteQuery({
    queryKey: ["studio-titles"],
    queryFn: ({ pageParam }) => titles(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const films = list.data?.pages.flatMap((page) => page.titles) ?? [];
  return (
    <section className="panel" aria-labelledby="titles-heading">
      <h2 id="titles-heading">Titles</h2>
      {list.isPending && <SkeletonLines lines={3} />}
      {list.isError && <Failed what="The titles" error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && films.length === 0 && <p className="muted">No titles yet. Upload the first film above.</p>}
      <ul className="list">
        {films.map((film) => (
          <Item key={film.id} film={film} onEdit={() => setEditing(film)} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
      {editing && <EditTitle film={editing} onClose={() => setEditing(null)} />}
    </section>
  );
}
