import { useImpression } from "../lib/beacon";
import { episodeCode } from "../lib/format";
import { Link } from "../lib/router";
import type { Item } from "../lib/shapes";
import { Icon } from "./Icon";
import { Poster, ProgressBar } from "./Poster";

type Props = { item: Item; list: string; position: number; onRemove?: ((item: Item) => void) | undefined };

/** The name a card bears (an episode's is its series'), what stands below it, and where it leads. */
function cardOf({ id, title, year, genres, kind, episode }: Item) {
  if (episode) {
    const to = `/titles/${episode.series_id}?season=${episode.season}`;
    return { name: episode.series_title ?? title, facts: `${episodeCode(episode)} · ${title}`, to };
  }
  const facts = [kind === "series" ? "Series" : null, year, genres[0]].filter(Boolean).join(" · ");
  return { name: title, facts: facts || "\u00a0", to: `/titles/${id}` };
}

/** A title in a row or a grid. What was begun goes straight on, and so does an episode; all else leads to its page. */
export function Card({ item, list, position, onRemove }: Props) {
  const ref = useImpression<HTMLLIElement>(item.id, list, position);
  const begun = typeof item.progress === "number" && item.progress > 0;
  const { name, facts, to } = cardOf(item);
  return (
    <li className="card" ref={ref}>
      <Link to={to} className="card-link">
        <Poster id={item.id} title={name} url={item.poster_url} sizes="(max-width: 600px) 62vw, 300px" />
        {begun && <ProgressBar value={item.progress ?? 0} label={`Watched of ${name}`} />}
        <span className="card-title">{name}</span>
        <span className="card-facts">{facts}</span>
      </Link>
      {(begun || item.episode) && (
        <Link to={`/watch/${item.id}`} className="card-play" aria-label={`${begun ? "Resume" : "Play"} ${name}`}>
          <Icon name="play" />
        </Link>
      )}
      {onRemove && (
        <button
          type="button"
          className="card-remove"
          aria-label={`Remove ${name} from this row`}
          onClick={() => onRemove(item)}
        >
          <Icon name="close" size={18} />
        </button>
      )}
    </li>
  );
}

export function CardGrid({ items, list }: { items: Item[]; list: string }) {
  return (
    <ul className="poster-grid">
      {items.map((item, position) => (
        <Card key={item.id} item={item} list={list} position={position} />
      ))}
    </ul>
  );
}
