import { Poster, ProgressBar } from "../../components/Poster";
import { Row } from "../../components/Row";
import { capital } from "../../lib/format";
import { usePreparations } from "../../lib/preparations";
import { Link } from "../../lib/router";
import type { Preparation } from "../../lib/shapes";

const plays = ({ phase }: Preparation) => phase === "playable" || phase === "improving";

function line(film: Preparation): string {
  const { phase, doing, progress, message } = film;
  if (plays(film)) return "Ready to play";
  if (phase === "known") return "Here already";
  if (phase === "failed") return message || "Could not be prepared";
  return `${capital(doing || "waiting")}, ${Math.floor(progress * 100)} %`;
}

function PreparingCard({ film }: { film: Preparation }) {
  const name = film.title || film.filename;
  const to = plays(film) ? `/titles/${film.title_id}` : "/studio";
  return (
    <li className={`card preparing ${film.phase}`}>
      <Link to={to} className="card-link">
        <Poster id={film.title_id} title={name} url={null} sizes="" />
        {(film.phase === "preparing" || film.phase === "uploading") && (
          <ProgressBar value={film.progress} label={`Preparing ${name}`} />
        )}
        <span className="card-title">{name}</span>
        <span className="card-facts">{line(film)}</span>
      </Link>
    </li>
  );
}

/** For editors: what is being made ready, as it goes on; a film that becomes ready plays without loading the page again. */
export function PreparingRow() {
  const { preparations } = usePreparations(true);
  if (!preparations || preparations.length === 0) return null;
  return (
    <Row title="In preparation" reason="Only editors see this row.">
      {preparations.map((film) => (
        <PreparingCard key={film.id} film={film} />
      ))}
    </Row>
  );
}
