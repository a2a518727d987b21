import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { ErrorNotice } from "../../components/Notice";
import { createSeries } from "../../lib/calls/studio";
import { randomHex } from "../../lib/random";
import { navigate } from "../../lib/router";
import { useAdopt } from "./useTitles";

/** Begins a series and goes on to its page. */
export function NewSeries({ onClose }: { onClose: () => void }) {
  const adopt = useAdopt();
  const [key] = useState(randomHex);
  const [title, setTitle] = useState("");
  const [error, setError] = useState<string>();
  const creating = useMutation({
    mutationFn: () => createSeries(key, { metadata: { title: title.trim() } }),
    onSuccess: (made) => {
      adopt(made);
      navigate(`/studio/titles/${made.id}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setError(title.trim() ? undefined : "Enter a title.");
    if (title.trim() && !creating.isPending) creating.mutate();
  };
  return (
    <Dialog title="New series" onClose={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <p className="muted">It is shown to members with the first of its episodes that is published.</p>
        <Field label="Title" maxLength={200} value={title} error={error} onChange={(event) => setTitle(event.target.value)} />
        <ErrorNotice error={creating.error} />
        <Button type="submit" kind="primary" busy={creating.isPending}>
          Create
        </Button>
      </form>
    </Dialog>
  );
}
