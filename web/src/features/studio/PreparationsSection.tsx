import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { Button } from "../../components/Button";
import { ErrorNotice } from "../../components/Notice";
import { ProgressBar } from "../../components/Poster";
import { SkeletonLines } from "../../components/Skeleton";
import { cancelPreparation, retryPreparation } from "../../lib/calls/preparations";
import { duration, moment } from "../../lib/format";
import { usePreparations } from "../../lib/preparations";
import { Link } from "../../lib/router";
import type { Preparation } from "../../lib/shapes";
import { Findings } from "./Findings";
import { PHASES, plays, runs } from "./preparing";
import { PauseButton, Steps } from "./Steps";
import "./steps.css";

/** What it does now, how far it is, how long it will take, why it waits or failed: one sentence. */
function saying(film: Preparation): string {
  if (film.phase === "failed") return film.message ? `${PHASES.failed}: ${film.message}` : PHASES.failed;
  if (film.phase === "known") return film.message;
  if (!runs(film)) return PHASES[film.phase];
  const parts = [`${PHASES[film.phase]}, ${Math.floor(film.progress * 100)} %`];
  if (film.paused) parts.push("paused");
  else if (film.doing && film.phase !== "uploading") parts.push(film.doing);
  if (film.eta_s != null && !film.paused) parts.push(`about ${duration(film.eta_s)} left`);
  return parts.join(", ") + (film.message ? `: ${film.message}` : "");
}

type ItemProps = {
  film: Preparation;
  onChanged: (changed: Preparation) => void;
};

function Item({ film, onChanged }: ItemProps) {
  const cancelling = useMutation({ mutationFn: cancelPreparation, onSuccess: onChanged });
  const retrying = useMutation({ mutationFn: retryPreparation, onSuccess: onChanged });
  const name = film.title || film.filename;
  return (
    <li className="list-item preparation">
      <div className="list-main">
        <strong>{plays(film) ? <Link to={`/titles/${film.title_id}`}>{name}</Link> : name}</strong>
        <span className={film.phase === "failed" ? "bad" : "muted"}>
          {saying(film)} {film.phase === "known" && film.title_id && <Link to={`/studio/titles/${film.title_id}`}>Open it</Link>}
        </span>
        {runs(film) && <ProgressBar value={film.progress} label={`Preparing ${name}`} />}
        {(film.phase === "failed" || film.phase === "known") && (
          <span className="small muted file-name">
            {film.filename}, {moment(film.created_at)}
          </span>
        )}
        <Findings findings={film.findings} />
        <ErrorNotice error={cancelling.error ?? retrying.error} />
      </div>
      {runs(film) && (
        <div className="list-actions">
          {film.phase !== "uploading" && <PauseButton film={film} name={name} onChanged={onChanged} />}
          <Button aria-label={`Cancel ${name}`} busy={cancelling.isPending} onClick={() => cancelling.mutate(film.id)}>
            Cancel
          </Button>
        </div>
      )}
      {(film.phase === "failed" || film.phase === "known") && (
        <div className="list-actions">
          {film.retryable && (
            <Button aria-label={`Retry ${name}`} busy={retrying.isPending} onClick={() => retrying.mutate({ id: film.id })}>
              Retry
            </Button>
          )}
          <Button aria-label={`Remove ${name}`} busy={cancelling.isPending} onClick={() => cancelling.mutate(film.id)}>
            Remove
          </Button>
        </div>
      )}
      {(film.stages ?? []).length > 0 && <Steps film={film} name={name} onChanged={onChanged} />}
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
