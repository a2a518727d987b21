import { useMutation } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { ErrorNotice } from "../../components/Notice";
import { pauseJob, resumeJob, retryStep } from "../../lib/calls/jobs";
import type { FilmJob, FilmStage, FilmTask } from "../../lib/shapes";
import { stageName } from "../../lib/stages";

const STATES: Record<FilmStage["state"], string> = {
  waiting: "waiting",
  running: "running",
  done: "done",
  failed: "failed",
  stopped: "stopped",
};

const percent = (progress: number) => `${Math.floor(progress * 100)} %`;

const clock = (at: string) => new Date(at).toLocaleTimeString(undefined, { timeStyle: "short" });

const runs = (task: FilmTask) => task.reason === null && task.state !== "Accepted";

export const goesOn = (job: FilmJob) => job.state === "Accepted";

type JobProps = { job: FilmJob; name: string; onChanged: (changed: FilmJob) => void };

/** Pause or resume, whichever is possible. */
export function PauseButton({ job, name, onChanged }: JobProps) {
  const pausing = useMutation({ mutationFn: job.paused ? resumeJob : pauseJob, onSuccess: onChanged });
  const word = job.paused ? "Resume" : "Pause";
  return (
    <>
      <Button aria-label={`${word} ${name}`} busy={pausing.isPending} onClick={() => pausing.mutate(job.id)}>
        {word}
      </Button>
      <ErrorNotice error={pausing.error} />
    </>
  );
}

/** "Part 3 of 12, try 2, since 18:10: The disk is full." */
function saying(task: FilmTask, stage: FilmStage): string {
  const said: string[] = [];
  if (stage.steps > 1) said.push(`Part ${Number(task.step.split(".")[1]) + 1} of ${stage.steps}`);
  if (task.attempt > 1) said.push(`try ${task.attempt}`);
  if (runs(task)) said.push(percent(task.progress));
  if (runs(task) && task.started_at) said.push(`since ${clock(task.started_at)}`);
  return [said.join(", "), task.message].filter(Boolean).join(": ");
}

function Task({ job, task, stage, name, onChanged }: JobProps & { task: FilmTask; stage: FilmStage }) {
  const retrying = useMutation({ mutationFn: retryStep, onSuccess: onChanged });
  const word = runs(task) ? "Begin anew" : "Try again";
  const part = stage.steps > 1 ? `, part ${Number(task.step.split(".")[1]) + 1},` : "";
  return (
    <li className="job-task">
      <span className="small muted">{saying(task, stage)}</span>
      <Button
        className="small"
        aria-label={`${word}: ${stageName(stage.name)}${part} of ${name}`}
        busy={retrying.isPending}
        onClick={() => retrying.mutate({ job_id: job.id, step: task.step })}
      >
        {word}
      </Button>
      <ErrorNotice error={retrying.error} />
    </li>
  );
}

/** What is done, what runs and what waits; the steps that run or failed can be tried again one by one. */
export function JobSteps({ job, name, onChanged }: JobProps) {
  const done = job.stages.filter((stage) => stage.state === "done").length;
  return (
    <details className="job-steps">
      <summary>
        Steps: {done} of {job.stages.length} done
      </summary>
      <ol>
        {job.stages.map((stage) => (
          <li key={stage.name} className={`job-stage ${stage.state}`}>
            <span className="job-stage-name">{stageName(stage.name)}</span>
            <span className={stage.state === "failed" ? "bad" : "muted"}>
              {STATES[stage.state]}
              {stage.steps > 1 && `, ${stage.done} of ${stage.steps}`}
              {stage.state === "running" && `, ${percent(stage.progress)}`}
            </span>
            {stage.tasks.length > 0 && (
              <ul>
                {stage.tasks.map((task) => (
                  <Task key={task.step} {...{ job, task, stage, name, onChanged }} />
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
    </details>
  );
}
