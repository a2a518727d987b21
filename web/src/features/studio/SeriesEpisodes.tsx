import { useQuery } from "@tanstack/react-query";
import { Failed } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { episodes } from "../../lib/calls/studio";
import { duration, episodeCode, seasonName } from "../../lib/format";
import { Link } from "../../lib/router";
import type { StudioTitle } from "../../lib/shapes";
import { stateOf } from "./state";

function bySeason(titles: StudioTitle[]): [number, StudioTitle[]][] {
  const seasons = new Map<number, StudioTitle[]>();
  for (const title of titles) {
    const season = title.episode?.season ?? 0;
    seasons.set(season, [...(seasons.get(season) ?? []), title]);
  }
  return [...seasons];
}

function Episode({ title }: { title: StudioTitle }) {
  const { text, tone } = stateOf(title);
  return (
    <li className="list-item">
      <div className="list-main">
        <Link to={`/studio/titles/${title.id}`}>
          {title.episode && episodeCode(title.episode)} {title.title}
        </Link>
        <span className="facts small">
          <span className={`state ${tone}`}>{text}</span>
          {title.duration_s > 0 && <span>{duration(title.duration_s)}</span>}
        </span>
      </div>
    </li>
  );
}

/** The episodes of a series, whatever their state, each with the way to its own page. */
export function SeriesEpisodes({ id }: { id: string }) {
  const list = useQuery({ queryKey: ["studio-episodes", id], queryFn: () => episodes(id) });
  return (
    <section className="panel" aria-labelledby="episodes-heading">
      <h2 id="episodes-heading">Episodes</h2>
      {list.isPending && <SkeletonLines lines={3} />}
      {list.isError && <Failed what="The episodes" error={list.error} retry={() => void list.refetch()} />}
      {list.data?.length === 0 && (
        <p className="muted">No episodes yet. Upload a film, then choose this series on the film’s own page in the studio.</p>
      )}
      {bySeason(list.data ?? []).map(([season, titles]) => (
        <div key={season}>
          <h3>{seasonName(season)}</h3>
          <ul className="list">
            {titles.map((title) => (
              <Episode key={title.id} title={title} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
