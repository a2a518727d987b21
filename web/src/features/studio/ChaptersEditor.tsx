import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { TextArea } from "../../components/Field";
import { ErrorNotice, Failed, Notice } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { chapters, setChapters } from "../../lib/calls/chapters";
import { timecode } from "../../lib/format";
import { useGuard } from "../../lib/router";
import type { Chapter } from "../../lib/shapes";

const LINE = /^\s*(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d{1,3})?)\s+(.+?)\s*$/;

/** "1:02:03 Name" a line, as people write chapters under films. A moment that is no whole second keeps its fraction. */
function written(list: Chapter[]): string {
  return list
    .map(({ start_s, title }) => {
      const fraction = Math.round((start_s % 1) * 1000);
      return `${timecode(start_s)}${fraction ? `.${String(fraction).padStart(3, "0")}` : ""} ${title}`;
    })
    .join("\n");
}

/** Raises an Error that names the first line that cannot be read. */
function read(text: string): Chapter[] {
  const lines = text.split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const [, hours = "0", minutes, seconds, title] = LINE.exec(line) ?? [];
    if (minutes === undefined || seconds === undefined || title === undefined) {
      throw new Error(`“${line.trim()}” is not a time and a name, as in “12:30 The storm”.`);
    }
    return { start_s: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds), title };
  });
}

function Form({ titleId, list }: { titleId: string; list: Chapter[] }) {
  const queries = useQueryClient();
  const [text, setText] = useState(() => written(list));
  const changed = text !== written(list);
  useGuard(changed, "Leave without saving the chapters? What you wrote would be lost.");
  const saving = useMutation({
    mutationFn: async () => setChapters(titleId, read(text)),
    onSuccess: (saved) => {
      setText(written(saved));
      queries.setQueryData(["studio-chapters", titleId], saved);
      void queries.invalidateQueries({ queryKey: ["title", titleId] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  const change = (next: string) => {
    saving.reset();
    setText(next);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextArea
        label="Where each begins"
        hint="One a line: the time at which it begins, and its name."
        rows={Math.min(16, Math.max(4, text.split("\n").length + 1))}
        placeholder={"0:00 Opening\n12:30 The storm"}
        value={text}
        onChange={(event) => change(event.target.value)}
      />
      <ErrorNotice error={saving.error} />
      {saving.isSuccess && <Notice tone="good">Saved.</Notice>}
      {changed && (
        <Button type="submit" kind="primary" busy={saving.isPending}>
          Save chapters
        </Button>
      )}
    </form>
  );
}

/** The chapters of one title. */
export function ChaptersEditor({ titleId }: { titleId: string }) {
  const query = useQuery({
    queryKey: ["studio-chapters", titleId],
    queryFn: () => chapters(titleId),
    refetchOnWindowFocus: false,
    staleTime: Infinity,
    gcTime: 0,
  });
  if (query.isPending) return <SkeletonLines lines={3} />;
  if (query.isError) return <Failed what="The chapters" error={query.error} retry={() => void query.refetch()} />;
  return <Form titleId={titleId} list={query.data} />;
}
