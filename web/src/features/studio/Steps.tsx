import { useMutation } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { ErrorNotice } from "../../components/Notice";
import { pausePreparation, resumePreparation, retryPreparation } from "../../lib/calls/preparations";
import { capital } from "../../lib/format";
import type { Preparation, Stage, Try } from "../../lib/shapes";

const percent = (progress: number) => `${Math.floor(progress * 100)} %`;

const clock = (at: string) => new Date(at).toLocaleTimeString(undefined, { timeStyle: "short" });

const runs = (task: Try) => task.reason === null && task.state !== "Accepted";

type Props = { film: Preparation; name: string; onChanged: (changed: Preparation) => void };

/** Pause or resume, whichever is possible. */
export function PauseButton({ film, name, onChanged }: Props) {
  const pausing = useMutation({ mutationFn: film.paused ? resumePreparation : pausePreparation, onSuccess: onChanged });
  const word = film.paused ? "Resume" : "Pause";
  return (
    <>
      <Button aria-label={`${word} ${name}`} busy={pausing.isPending} onClick={() => pausing.mutate(film.id)}>
        {word}
      </Button>
      <ErrorNotice error={pausing.error} />
    </>
  );
}

/** "Part 3 of 12, try 2, since 18:10: The disk is full." */
function saying(task: Try, stage: Stage): string {
  const said: string[] = [];
  if (stage.steps > 1) said.push(`Part ${Number(task.step.split(".")[1]) + 1} of ${stage.steps}`);
  if (task.attempt > 1) said.push(`try ${task.attempt}`);
  if (runs(task)) said.push(percent(task.progress));
  if (runs(task) && task.started_at) said.push(`since ${clock(task.started_at)}`);
  return [said.join(", "), task.message].filter(Boolean).join(": ");
}

function Task({ film, task, stage, name, onChanged }: Props & { task: Try; stage: Stage }) {
  const retrying = useMutation({ mutationFn: retryPreparation, onSuccess: onChanged });
  const word = runs(task) ? "Begin anew" : "Try again";
  const part = stage.steps > 1 ? `, part ${Number(task.step.split(".")[1]) + 1},` : "";
  return (
    <li className="job-task">
      <span className="small muted">{saying(task, stage)}</span>
      {(film.phase !== "failed" || film.retryable) && (
        <Button
          className="small"
          aria-label={`${word}: ${stage.what}${part} of ${name}`}
          busy={retrying.isPending}
          onClick={() => retrying.mutate({ id: film.id, step: task.step })}
        >
          {word}
        </Button>
      )}
      <ErrorNotice error={retrying.error} />
    </li>
  );
}

/** What is done, what runs and what waits; the steps that run or failed can be tried again one by one. */
export function Steps({ film, name, onChanged }: Props) {
  const stages = film.stages ?? [];
  const done = stages.filter((stage) => stage.state === "done").length;
  return (
    <details className="job-steps">
      <summary>
        Steps: {done} of {stages.length} done
      </summary>
      <ol>
        {stages.map((stage) => (
          <li key={stage.name} className={`job-stage ${stage.state}`}>
            <span className="job-stage-name">{capital(stage.what)}</span>
            <span className={stage.state === "failed" ? "bad" : "muted"}>
              {stage.state}
              {stage.steps > 1 && `, ${stage.done} of ${stage.steps}`}
              {stage.state === "running" && `, ${percent(stage.progress)}`}
            </span>
            {stage.tasks.length > 0 && (
              <ul>
                {stage.tasks.map((task) => (
                  <Task key={task.step} {...{ film, task, stage, name, onChanged }} />
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
    </details>
  );
}
