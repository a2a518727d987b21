import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
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

function Item({ film, onChanged }: { film: Preparation; onChanged: (changed: Preparation) => void }) {
  const cancelling = useMutation({ mutationFn: cancelPreparation, onSuccess: onChanged });
  const retrying = useMutation({ mutationFn: retryPreparation, onSuccess: onChanged });
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
        <div className="list-actions">
          <Button aria-label={`Retry ${name}`} busy={retrying.isPending} onClick={() => retrying.mutate(film.id)}>
            Retry
          </Button>
          <Button aria-label={`Remove ${name}`} busy={cancelling.isPending} onClick={() => cancelling.mutate(film.id)}>
            Remove
          </Button>
        </div>
      )}
    </li>
  );
}

export function PreparationsSection() {
  const { preparations, problem, adopt } = usePreparations(true);
  const heading = useRef<HTMLHeadingElement>(null);
  const changed = (film: Preparation) => {
    if (film.phase === "canceled") heading.current?.focus(); // its button goes, and the focus must not go with it
    adopt([film]);
  };
  return (
    <section className="panel" aria-labelledby="preparations-heading">
      <h2 id="preparations-heading" ref={heading} tabIndex={-1}>
        In preparation
      </h2>
      <ErrorNotice error={problem} />
      {preparations === null && !problem && <SkeletonLines lines={2} />}
      {preparations?.length === 0 && <p className="muted">Nothing is being prepared.</p>}
      <ul className="list">
        {preparations?.map((film) => (
          <Item key={film.id} film={film} onChanged={changed} />
        ))}
      </ul>
    </section>
  );
}
