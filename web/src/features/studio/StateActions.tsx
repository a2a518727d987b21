import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button, LinkButton } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { ErrorNotice } from "../../components/Notice";
import { deleteTitle, publish, updateTitle, withdraw } from "../../lib/calls/studio";
import { moment } from "../../lib/format";
import { navigate } from "../../lib/router";
import type { StudioTitle } from "../../lib/shapes";
import { localTime, momentOf } from "./edited";
import { zoneName } from "./places";
import { useAdopt, useForgetTitle } from "./useTitles";

type Props = { title: StudioTitle; dirty: boolean; onDone: (said: string) => void };
type DialogProps = { title: StudioTitle; onClose: () => void; onDone: (said: string) => void };
type Asked = "withdraw" | "schedule" | "delete" | null;

type ConfirmProps = { heading: string; act: string; busy: boolean; error: unknown; onAct: () => void; onClose: () => void; children: ReactNode };

function Confirm({ heading, act, busy, error, onAct, onClose, children }: ConfirmProps) {
  return (
    <Dialog title={heading} onClose={onClose}>
      {children}
      <ErrorNotice error={error} />
      <div className="actions">
        <Button kind="danger" busy={busy} onClick={onAct}>
          {act}
        </Button>
        <Button onClick={onClose}>Keep it</Button>
      </div>
    </Dialog>
  );
}

function WithdrawDialog({ title, onClose, onDone }: DialogProps) {
  const adopt = useAdopt();
  const withdrawing = useMutation({
    mutationFn: () => withdraw(title.id),
    onSuccess: (answer) => {
      adopt(answer);
      onClose();
      onDone(`“${title.title}” is withdrawn.`);
    },
  });
  return (
    <Confirm
      heading={`Withdraw ${title.title}?`}
      act="Withdraw"
      busy={withdrawing.isPending}
      error={withdrawing.error}
      onAct={() => withdrawing.mutate()}
      onClose={onClose}
    >
      <p>Members no longer find it, and whoever is watching it now is stopped. It can be published again at any time.</p>
    </Confirm>
  );
}

function DeleteDialog({ title, onClose }: DialogProps) {
  const forget = useForgetTitle();
  const deleting = useMutation({
    mutationFn: () => deleteTitle(title.id),
    onSuccess: () => {
      forget(title.id);
      navigate("/studio", { replace: true });
    },
  });
  return (
    <Confirm
      heading={`Delete ${title.title}?`}
      act="Delete"
      busy={deleting.isPending}
      error={deleting.error}
      onAct={() => deleting.mutate()}
      onClose={onClose}
    >
      <p>The draft, its film and its pictures are deleted. This cannot be undone.</p>
    </Confirm>
  );
}

/** Published now, and visible from a moment on: before it only editors see it. */
function ScheduleDialog({ title, onClose, onDone }: DialogProps) {
  const adopt = useAdopt();
  const [at, setAt] = useState(localTime(title.rights.starts_at ?? null));
  const [error, setError] = useState<string>();
  const scheduling = useMutation({
    mutationFn: async () => {
      const rights = { territories: [], ends_at: null, ...title.rights, starts_at: momentOf(at) };
      await updateTitle(title.id, { rights, revision: title.revision });
      return publish(title.id);
    },
    onSuccess: (answer) => {
      adopt(answer);
      onClose();
      onDone(`“${title.title}” will be visible from ${moment(answer.rights.starts_at ?? "")} on.`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const future = at !== "" && new Date(at).getTime() > Date.now();
    setError(future ? undefined : "Choose a moment that is still to come.");
    if (future && !scheduling.isPending) scheduling.mutate();
  };
  return (
    <Dialog title={`Schedule ${title.title}`} onClose={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <Field
          label="Visible from"
          type="datetime-local"
          hint={zoneName()}
          value={at}
          error={error}
          onChange={(event) => setAt(event.target.value)}
        />
        <ErrorNotice error={scheduling.error} />
        <div className="actions">
          <Button type="submit" kind="primary" busy={scheduling.isPending}>
            Schedule
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

function hintOf({ kind, state, duration_s }: StudioTitle, dirty: boolean): string {
  if (dirty) return "Save your changes first.";
  if (state !== "draft") return "";
  if (kind === "series") return "A series is published with the first of its episodes.";
  return duration_s > 0 ? "" : "It can be published once its film is prepared.";
}

/** What can be done with a title as it stands: preview, publish, schedule, withdraw, delete. */
export function StateActions({ title, dirty, onDone }: Props) {
  const adopt = useAdopt();
  const [asked, setAsked] = useState<Asked>(null);
  const close = () => setAsked(null);
  const publishing = useMutation({
    mutationFn: () => publish(title.id),
    onSuccess: (answer) => {
      adopt(answer);
      onDone(`“${title.title}” is published.`);
    },
  });
  const { state, kind, duration_s } = title;
  const film = kind !== "series" && duration_s > 0;
  const publishable = !dirty && (film || (kind === "series" && state === "withdrawn"));
  const hint = hintOf(title, dirty);
  return (
    <>
      <div className="actions">
        {film && (
          <LinkButton to={`/watch/${title.id}?preview=1`}>
            <Icon name="play" size={20} /> Preview
          </LinkButton>
        )}
        {state !== "published" && (
          <Button kind="primary" disabled={!publishable} busy={publishing.isPending} onClick={() => publishing.mutate()}>
            Publish now
          </Button>
        )}
        {state !== "published" && film && (
          <Button disabled={!publishable} onClick={() => setAsked("schedule")}>
            Schedule…
          </Button>
        )}
        {state === "published" && (
          <Button kind="danger" onClick={() => setAsked("withdraw")}>
            Withdraw…
          </Button>
        )}
        {state === "draft" && (
          <Button kind="danger" onClick={() => setAsked("delete")}>
            Delete draft…
          </Button>
        )}
      </div>
      {hint && <p className="muted small">{hint}</p>}
      <ErrorNotice error={publishing.error} />
      {asked === "withdraw" && <WithdrawDialog title={title} onClose={close} onDone={onDone} />}
      {asked === "schedule" && <ScheduleDialog title={title} onClose={close} onDone={onDone} />}
      {asked === "delete" && <DeleteDialog title={title} onClose={close} onDone={onDone} />}
    </>
  );
}
