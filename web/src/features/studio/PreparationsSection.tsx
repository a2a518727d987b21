import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { Button } from "../../components/Button";
import { ErrorNotice } from "../../components/Notice";
import { ProgressBar } from "../../components/Poster";
import { SkeletonLines } from "../../components/Skeleton";
import { cancelPreparation, retryPreparation } from "../../lib/calls/studio";
import { duration, moment } from "../../lib/format";
import { useFilmJobs } from "../../lib/jobs";
import { usePreparations } from "../../lib/preparations";
import { Link } from "../../lib/router";
import type { FilmJob, Preparation } from "../../lib/shapes";
import { stageName } from "../../lib/stages";
import { goesOn, JobSteps, PauseButton } from "./JobQueue";
import { Notes } from "./Notes";
import { PHASES, plays, runs } from "./preparing";
import "./jobs.css";

/** What it does now, how far it is, how long it will take, why it waits or failed: one sentence. */
function saying(film: Preparation, job: FilmJob | undefined): string {
  if (film.phase === "failed") return film.message ? `${PHASES.failed}: ${film.message}` : PHASES.failed;
  if (!runs(film)) return PHASES[film.phase];
  const parts = [`${PHASES[film.phase]}, ${Math.floor(film.progress * 100)} %`];
  if (job?.paused) parts.push("paused");
  else if (film.step && film.phase !== "uploading") parts.push(stageName(film.step).toLowerCase());
  const left = job ? job.eta_s : film.eta_s;
  if (left != null && !job?.paused) parts.push(`about ${duration(left)} left`);
  const why = job?.message || film.message;
  return parts.join(", ") + (why ? `: ${why}` : "");
}

type ItemProps = {
  film: Preparation;
  job: FilmJob | undefined;
  onChanged: (changed: Preparation) => void;
  onJob: (changed: FilmJob) => void;
};

function Item({ film, job, onChanged, onJob }: ItemProps) {
  const cancelling = useMutation({ mutationFn: cancelPreparation, onSuccess: onChanged });
  const retrying = useMutation({ mutationFn: retryPreparation, onSuccess: onChanged });
  const name = film.title || film.filename;
  return (
    <li className="list-item preparation">
      <div className="list-main">
        <strong>{plays(film) ? <Link to={`/titles/${film.title_id}`}>{name}</Link> : name}</strong>
        <span className={film.phase === "failed" ? "bad" : "muted"}>{saying(film, job)}</span>
        {runs(film) && <ProgressBar value={film.progress} label={`Preparing ${name}`} />}
        {film.phase === "failed" && (
          <span className="small muted file-name">
            {film.filename}, {moment(film.created_at)}
          </span>
        )}
        <Notes notes={film.notes} />
        <ErrorNotice error={cancelling.error ?? retrying.error} />
      </div>
      {runs(film) && (
        <div className="list-actions">
          {job && goesOn(job) && <PauseButton job={job} name={name} onChanged={onJob} />}
          <Button aria-label={`Cancel ${name}`} busy={cancelling.isPending} onClick={() => cancelling.mutate(film.id)}>
            Cancel
          </Button>
        </div>
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
      {job && <JobSteps job={job} name={name} onChanged={onJob} />}
    </li>
  );
}

export function PreparationsSection() {
  const { preparations, problem, adopt } = usePreparations(true);
  const { jobs, adopt: adoptJobs } = useFilmJobs();
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
          <Item
            key={film.id}
            film={film}
            job={jobs.get(film.id)}
            onChanged={changed}
            onJob={(job) => adoptJobs([job])}
          />
        ))}
      </ul>
    </section>
  );
}
