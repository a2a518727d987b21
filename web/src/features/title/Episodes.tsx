import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { MaturityBadge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Select } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { ErrorNotice } from "../../components/Notice";
import { Poster, ProgressBar } from "../../components/Poster";
import { title } from "../../lib/calls/discovery";
import { duration, episodeCode, seasonName, spokenEpisode } from "../../lib/format";
import { Link, navigate } from "../../lib/router";
import type { EpisodeItem, Seasons, Title } from "../../lib/shapes";

function line({ duration_s, progress }: EpisodeItem): string {
  const seen = progress !== null && progress >= 0.95;
  return [duration(duration_s), seen ? "Watched" : null].filter(Boolean).join(" · ");
}

function Episode({ item, limit, next }: { item: EpisodeItem; limit: number; next: boolean }) {
  const begun = item.progress !== null && item.progress > 0;
  const name = `${spokenEpisode(item.episode)}: ${item.title}`;
  return (
    <li className={next ? "episode next" : "episode"} aria-current={next ? "true" : undefined}>
      <Link to={`/watch/${item.id}`} className="episode-picture" aria-label={`${item.resume_position_s > 0 ? "Resume" : "Play"} ${name}`}>
        <Poster id={item.id} title={item.title} url={item.picture_url} sizes="(max-width: 600px) 38vw, 260px" />
        <span className="episode-play">
          <Icon name="play" />
        </span>
        {begun && <ProgressBar value={item.progress ?? 0} label={`Watched of ${name}`} />}
      </Link>
      <div className="episode-text">
        <h3>
          <span className="muted">{episodeCode(item.episode)}</span> {item.title}
        </h3>
        <p className="facts small">
          <span>{line(item)}</span>
          {item.maturity > limit && <MaturityBadge maturity={item.maturity} />}
        </p>
        {item.synopsis && <p className="episode-synopsis">{item.synopsis}</p>}
      </div>
    </li>
  );
}

type Shelf = { series: Title; seasons: Seasons };

/** The rest of a long season, a page at a time. */
function useMore({ series, seasons }: Shelf) {
  const [more, setMore] = useState<EpisodeItem[]>([]);
  const [next, setNext] = useState(seasons.next);
  const loading = useMutation({
    mutationFn: () => title(series.id, seasons.season ?? undefined, next ?? undefined),
    onSuccess: (answer) => {
      setMore([...more, ...(answer.series?.episodes ?? [])]);
      setNext(answer.series?.next ?? null);
    },
  });
  return { more, next, loading };
}

function List({ series, seasons }: Shelf) {
  const { more, next, loading } = useMore({ series, seasons });
  return (
    <>
      <ol className="episodes">
        {[...seasons.episodes, ...more].map((item) => (
          <Episode key={item.id} item={item} limit={series.maturity} next={item.id === seasons.up_next?.id} />
        ))}
      </ol>
      {seasons.episodes.length === 0 && <p className="muted">This season has no episodes here.</p>}
      <ErrorNotice error={loading.error} />
      {next !== null && (
        <Button busy={loading.isPending} onClick={() => loading.mutate()}>
          Show more
        </Button>
      )}
    </>
  );
}

/** The seasons of a series and the episodes of one; which one stands in the address too. */
export function Episodes({ series, seasons, busy }: Shelf & { busy: boolean }) {
  const heading = useId();
  const several = seasons.seasons.length > 1;
  const only = seasons.seasons[0];
  return (
    <section className="season" aria-labelledby={heading} aria-busy={busy}>
      <div className="season-head">
        <h2 id={heading}>Episodes</h2>
        {several && (
          <Select
            label="Season"
            value={seasons.season ?? ""}
            onChange={(event) => navigate(`/titles/${series.id}?season=${event.target.value}`, { replace: true })}
          >
            {seasons.seasons.map(({ number, episodes }) => (
              <option key={number} value={number}>
                {`${seasonName(number)} (${episodes})`}
              </option>
            ))}
          </Select>
        )}
        {!several && only && <span className="muted">{seasonName(only.number)}</span>}
      </div>
      <List key={`${seasons.season}`} series={series} seasons={seasons} />
    </section>
  );
}
