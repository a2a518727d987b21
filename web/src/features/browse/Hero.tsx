import { useMutation } from "@tanstack/react-query";
import { MaturityBadge } from "../../components/Badge";
import { Button, LinkButton } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Poster } from "../../components/Poster";
import { title } from "../../lib/calls/discovery";
import { duration, episodeCode } from "../../lib/format";
import { navigate, preloadPage } from "../../lib/router";
import type { Item } from "../../lib/shapes";

type Props = { item: Item; goingOn: Item | undefined };

/** Asks for the episode to go on with, and plays it. */
function StartSeries({ item }: { item: Item }) {
  const finding = useMutation({
    mutationFn: () => title(item.id),
    onSuccess: ({ series }) => navigate(series?.up_next ? `/watch/${series.up_next.id}` : `/titles/${item.id}`),
    onError: () => navigate(`/titles/${item.id}`), // which says what is wrong
  });
  return (
    <Button
      kind="primary"
      className="large"
      aria-label={`Play ${item.title}`}
      busy={finding.isPending}
      onPointerEnter={() => preloadPage(`/watch/${item.id}`)}
      onClick={() => finding.mutate()}
    >
      <Icon name="play" /> Play
    </Button>
  );
}

/** What its button does: go on with what was begun, or play it. */
function Start({ item, goingOn }: Props) {
  const begun = typeof goingOn?.progress === "number" && goingOn.progress > 0;
  if (item.kind === "series" && !goingOn) return <StartSeries item={item} />;
  const code = goingOn?.episode ? ` ${episodeCode(goingOn.episode)}` : "";
  const act = begun ? "Resume" : "Play";
  return (
    <LinkButton kind="primary" className="large" to={`/watch/${(goingOn ?? item).id}`} aria-label={`${act}${code} ${item.title}`}>
      <Icon name="play" /> {act}
      {code}
    </LinkButton>
  );
}

/** The newest title, large, above the rows. */
export function Hero({ item, goingOn }: Props) {
  return (
    <section className="hero" aria-label={`Featured: ${item.title}`}>
      <div className="hero-picture">
        <Poster id={item.id} title="" url={item.poster_url} tall={item.portrait_url} sizes="100vw" eager />
      </div>
      <div className="hero-text">
        <h2>{item.title}</h2>
        <p className="facts">
          <MaturityBadge maturity={item.maturity} />
          {item.year && <span>{item.year}</span>}
          <span>{item.kind === "series" ? "Series" : duration(item.duration_s)}</span>
          {item.genres.length > 0 && <span>{item.genres.join(", ")}</span>}
        </p>
        <div className="actions">
          <Start item={item} goingOn={goingOn} />
          <LinkButton className="large" to={`/titles/${item.id}`} aria-label={`More about ${item.title}`}>
            More
          </LinkButton>
        </div>
      </div>
    </section>
  );
}
