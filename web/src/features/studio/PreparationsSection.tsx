import { useMutation } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { ErrorNotice } from "../../components/Notice";
import { ProgressBar } from "../../components/Poster";
import { SkeletonLines } from "../../components/Skeleton";
import { cancelPreparation, retryPreparation } from "../../lib/calls/studio";
import { usePreparations } from "../../lib/preparations";
import { Link } from "../../lib/router";
import type { Preparation } from "../../lib/shapes";

const PHASES: Record<Preparation["phase"], string> = {
  uploading: "Uploading",
  preparing: "In preparation",
  playable: "Ready to play",
  failed: "Failed",
  canceled: "Cancelled",
};

function Item({ film }: { film: Preparation }) {
  const cancelling = useMutation({ mutationFn: cancelPreparation });
  const retrying = useMutation({ mutationFn: retryPreparation });
  const name = film.title || film.filename;
  const running = film.phase === "uploading" || film.phase === "preparing";
  return (
    <li className="list-item preparation">
      <div className="list-main">
        <strong>{film.phase === "playable" ? <Link to={`/titles/${film.title_id}`}>{name}</Link> : name}</strong>
        <span className={film.phase === "failed" ? "bad" : "muted"}>
          {PHASES[film.phase]}
          {running && film.step && `: ${film.step}`}
          {running && `, ${Math.floor(film.progress * 100)} %`}
          {film.phase === "failed" && film.message && `: ${film.message}`}
        </span>
        {running && <ProgressBar value={film.progress} label={`Preparing ${name}`} />}
        <ErrorNotice error={cancelling.error ?? retrying.error} />
      </div>
      {running && (
        <Button aria-label={`Cancel ${name}`} busy={cancelling.isPending} onClick={() => cancelling.mutate(film.id)}>
          Cancel
        </Button>
      )}
      {film.phase === "failed" && (
        <Button aria-label={`Retry ${name}`} busy={retrying.isPending} onClick={() => retrying.mutate(film.id)}>
          Retry
        </Button>
      )}
    </li>
  );
}

export function PreparationsSection() {
  const { preparations, problem } = usePreparations(true);
  return (
    <section className="panel" aria-labelledby="preparations-heading">
      <h2 id="preparations-heading">In preparation</h2>
      <ErrorNotice error={problem} />
      {preparations === null && !problem && <SkeletonLines lines={2} />}
      {preparations?.length === 0 && <p className="muted">Nothing is being prepared.</p>}
      <ul className="list">
        {preparations?.map((film) => (
          <Item key={film.id} film={film} />
        ))}
      </ul>
    </section>
  );
}
