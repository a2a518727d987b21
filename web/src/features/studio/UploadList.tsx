import { useState } from "react";
import { Button } from "../../components/Button";
import { ErrorNotice, Notice } from "../../components/Notice";
import { ProgressBar } from "../../components/Poster";
import { bytes, duration } from "../../lib/format";
import { queue, type Sending, useQueue } from "./queue";

const NAMED = 3;
const STATUSES: Record<Sending["status"], string> = {
  queued: "waits its turn",
  sending: "",
  waiting: "the connection broke; it goes on by itself as soon as Matinee can be reached",
  paused: "paused",
  failed: "",
  done: "uploaded; it is prepared now",
};

/** "3.1 MB of 40 MB, 2.0 MB a second, 19 s left". */
function pace(sent: number, size: number, speed: number): string {
  const parts = [`${bytes(sent)} of ${bytes(size)}`];
  if (speed > 0) parts.push(`${bytes(speed)} a second`, `${duration((size - sent) / speed)} left`);
  return parts.join(", ");
}

function Item({ item }: { item: Sending }) {
  const [problem, setProblem] = useState<unknown>(null);
  const { id, status, film } = item;
  const title = film.words.title;
  const said = [status === "done" || status === "queued" ? "" : pace(item.sent, item.size, item.speed), STATUSES[status]];
  return (
    <li className="list-item upload">
      <div className="list-main">
        <strong>{title}</strong>
        <span className={status === "failed" ? "bad" : "muted"}>{said.filter(Boolean).join("; ")}</span>
        <ProgressBar value={item.size ? item.sent / item.size : 0} label={`Uploading ${title}`} />
        {status === "failed" && <Notice tone="error">{item.problem}</Notice>}
        <ErrorNotice error={problem} />
      </div>
      <div className="list-actions">
        {status === "paused" || status === "failed" ? (
          <Button aria-label={`Resume ${title}`} onClick={() => queue.resume(id)}>
            {status === "failed" ? "Try again" : "Resume"}
          </Button>
        ) : (
          <Button aria-label={`Pause ${title}`} onClick={() => queue.pause(id)}>
            Pause
          </Button>
        )}
        <Button aria-label={`Cancel ${title}`} onClick={() => void queue.cancel(id).catch(setProblem)}>
          Cancel
        </Button>
      </div>
    </li>
  );
}

/** All films together, where there are several. */
function Overall({ items }: { items: Sending[] }) {
  const sum = (of: (item: Sending) => number) => items.reduce((total, item) => total + of(item), 0);
  const done = items.filter(({ status }) => status === "done").length;
  const [sent, size, speed] = [sum((one) => one.sent), sum((one) => one.size), sum((one) => one.speed)];
  return (
    <>
      <p>
        {done} of {items.length} films; {pace(sent, size, speed)}
      </p>
      <ProgressBar value={size ? sent / size : 0} label="Uploading all films" />
    </>
  );
}

/** What became of the films that are there; of many, how many they are. */
function Ended({ items }: { items: Sending[] }) {
  if (items.length > NAMED) return <Notice tone="good">{items.length} films are uploaded.</Notice>;
  return items.map(({ id, film }) => (
    <Notice key={id} tone="good">
      “{film.words.title}” is uploaded.
    </Notice>
  ));
}

export function UploadList() {
  const items = useQueue();
  if (items.length === 0) return null;
  const ended = items.filter(({ status }) => status === "done");
  return (
    <div className="stack" aria-live="off">
      {items.length > 1 && <Overall items={items} />}
      <Ended items={ended} />
      <ul className="list">
        {items.map((item) => item.status !== "done" && <Item key={item.id} item={item} />)}
      </ul>
    </div>
  );
}
