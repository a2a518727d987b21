import { timecode } from "../../lib/format";
import { Link } from "../../lib/router";
import type { Title } from "../../lib/shapes";

/** The film's chapters, each the way into it. */
export function Chapters({ film }: { film: Title }) {
  const chapters = film.chapters ?? [];
  if (chapters.length < 2 || !film.playable) return null;
  return (
    <section className="chapters" aria-labelledby="chapters">
      <h2 id="chapters">Chapters</h2>
      <ol>
        {chapters.map(({ start_s, title }) => (
          <li key={start_s}>
            <Link to={`/watch/${film.id}?from=${start_s || "start"}`}>
              <span>{title}</span>
              <span>{timecode(start_s)}</span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
