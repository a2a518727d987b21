import { useImpression } from "../lib/beacon";
import { Link } from "../lib/router";
import type { Item } from "../lib/shapes";
import { Icon } from "./Icon";
import { Poster, ProgressBar } from "./Poster";

type Props = { item: Item; list: string; position: number; onRemove?: ((item: Item) => void) | undefined };

/** A title in a row or a grid. What was begun goes straight on; all else leads to its page. */
export function Card({ item, list, position, onRemove }: Props) {
  const ref = useImpression<HTMLLIElement>(item.id, list, position);
  const begun = typeof item.progress === "number" && item.progress > 0;
  return (
    <li className="card" ref={ref}>
      <Link to={`/titles/${item.id}`} className="card-link">
        <Poster id={item.id} title={item.title} url={item.poster_url} sizes="(max-width: 600px) 62vw, 300px" />
        {begun && <ProgressBar value={item.progress ?? 0} label={`Watched of ${item.title}`} />}
        <span className="card-title">{item.title}</span>
        <span className="card-facts">
          {[item.year, item.genres[0]].filter(Boolean).join(" · ") || "\u00a0"}
        </span>
      </Link>
      {begun && (
        <Link to={`/watch/${item.id}`} className="card-play" aria-label={`Resume ${item.title}`}>
          <Icon name="play" />
        </Link>
      )}
      {onRemove && (
        <button
          type="button"
          className="card-remove"
          aria-label={`Remove ${item.title} from this row`}
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
