import { MaturityBadge } from "../../components/Badge";
import { LinkButton } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Poster } from "../../components/Poster";
import { duration } from "../../lib/format";
import type { Item } from "../../lib/shapes";

/** The newest film, large, above the rows. */
export function Hero({ item }: { item: Item }) {
  const begun = typeof item.progress === "number" && item.progress > 0;
  return (
    <section className="hero" aria-label={`Featured: ${item.title}`}>
      <div className="hero-picture">
        <Poster id={item.id} title="" url={item.poster_url} sizes="100vw" eager />
      </div>
      <div className="hero-text">
        <h2>{item.title}</h2>
        <p className="facts">
          <MaturityBadge maturity={item.maturity} />
          {item.year && <span>{item.year}</span>}
          <span>{duration(item.duration_s)}</span>
          {item.genres.length > 0 && <span>{item.genres.join(", ")}</span>}
        </p>
        <div className="actions">
          <LinkButton kind="primary" className="large" to={`/watch/${item.id}`} aria-label={`${begun ? "Resume" : "Play"} ${item.title}`}>
            <Icon name="play" /> {begun ? "Resume" : "Play"}
          </LinkButton>
          <LinkButton className="large" to={`/titles/${item.id}`} aria-label={`More about ${item.title}`}>
            More
          </LinkButton>
        </div>
      </div>
    </section>
  );
}
