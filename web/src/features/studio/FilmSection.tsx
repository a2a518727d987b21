import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Failed } from "../../components/Notice";
import { preparationOf } from "../../lib/calls/preparations";
import { moment } from "../../lib/format";
import type { Preparation } from "../../lib/shapes";
import { Findings } from "./Findings";
import { PHASES, plays, runs } from "./preparing";
import { titleKey } from "./useTitles";

const AGAIN_MS = 3_000;

function saying(film: Preparation): string {
  if (film.phase === "failed" && film.message) return `${PHASES.failed}: ${film.message}`;
  return runs(film) ? `${PHASES[film.phase]}, ${Math.floor(film.progress * 100)} %.` : `${PHASES[film.phase]}.`;
}

/** The film as it came: how far it is, and what was found in it. */
export function FilmSection({ titleId }: { titleId: string }) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ["studio-preparation", titleId],
    queryFn: () => preparationOf(titleId),
    refetchInterval: ({ state }) => (state.data && runs(state.data) ? AGAIN_MS : false),
  });
  const film = query.data;
  const watchable = film ? plays(film) : false;
  useEffect(() => {
    if (!watchable) return;
    void queries.invalidateQueries({ queryKey: titleKey(titleId) }); // it has a length now, and can be published
    void queries.invalidateQueries({ queryKey: ["studio-artwork", titleId] });
  }, [watchable, queries, titleId]);
  if (query.isPending || film === null) return null;
  return (
    <section className="panel" aria-labelledby="film-heading">
      <h2 id="film-heading">The film as it came</h2>
      {query.isError && <Failed what="What was found in it" error={query.error} retry={() => void query.refetch()} />}
      {film && (
        <>
          <p className={film.phase === "failed" ? "bad" : ""}>{saying(film)}</p>
          <p className="small muted file-name">
            {film.filename}, {moment(film.created_at)}
          </p>
          <Findings findings={film.findings} />
          {watchable && (film.findings ?? []).length === 0 && <p className="small muted">Nothing about it was out of the ordinary.</p>}
        </>
      )}
    </section>
  );
}
