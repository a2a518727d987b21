import { useMutation } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { studioTitle, updateTitle } from "../../lib/calls/studio";
import { problemOf } from "../../lib/problem";
import type { StudioTitle } from "../../lib/shapes";
import { changeOf, type Edited, type Errors, editedOf, errorsOf, isChanged, merge, withPart } from "./edited";
import { useAdopt } from "./useTitles";

/** What another editor saved meanwhile: `theirs`, and the parts that both changed. */
export type Dispute = { theirs: Edited; mine: Edited; parts: string[] };

type Outcome = { saved: StudioTitle; taken: string[] } | { theirs: StudioTitle; merged: Edited; disputed: string[] };

const TRIES = 3;

/** Saves what was changed. Where someone else saved before, both changes are kept, or it is said which exclude each other. */
async function save(base: StudioTitle, edited: Edited): Promise<Outcome> {
  let [from, mine, taken] = [base, edited, [] as string[]];
  for (let tries = 1; ; tries += 1) {
    try {
      return { saved: await updateTitle(base.id, changeOf(from, mine)), taken };
    } catch (error) {
      if (problemOf(error).type !== "revision-conflict" || tries === TRIES) throw error;
    }
    const theirs = await studioTitle(base.id);
    const { merged, taken: also, disputed } = merge(editedOf(from), mine, editedOf(theirs));
    if (disputed.length > 0) return { theirs, merged, disputed };
    [from, mine, taken] = [theirs, merged, [...taken, ...also]];
  }
}

/** Which field a problem of the API is about. */
function fieldOf(error: unknown): Errors {
  const { type, detail, extra } = problemOf(error);
  if (type === "episode-taken") return { number: `${detail}.` };
  const field = typeof extra.field === "string" ? extra.field : "";
  const last = field.split(".").pop() ?? "";
  const known: Record<string, string> = { rights: "ends_at", episode: "number" };
  return last === "" || last === "body" ? {} : { [known[last] ?? last]: detail };
}

/** A title being edited: what is in the form, whether it differs from what is saved, and how it is saved. */
export function useEditing(title: StudioTitle) {
  const adopt = useAdopt();
  const [base, setBase] = useState(title);
  const [edited, setEdited] = useState(() => editedOf(title));
  const [tried, setTried] = useState(false);
  const [dispute, setDispute] = useState<Dispute | null>(null);
  const [said, setSaid] = useState("");
  const before = useMemo(() => editedOf(base), [base]);
  const dirty = isChanged(before, edited);

  const begin = (from: StudioTitle) => {
    setBase(from);
    setEdited(editedOf(from));
    setTried(false);
    setDispute(null);
  };
  // What was saved elsewhere shows, unless it would take away what is being written here.
  useEffect(() => {
    if (title === base) return;
    if (title.revision === base.revision) setBase(title); // only what nobody writes here differs: its length, its state
    else if (!dirty) begin(title);
  }, [title, base, dirty]);

  const saving = useMutation({
    mutationFn: () => save(base, edited),
    onSuccess: (outcome) => {
      if ("saved" in outcome) {
        begin(outcome.saved);
        adopt(outcome.saved);
        const also = outcome.taken.length > 0 ? " What someone else changed meanwhile is kept too." : "";
        setSaid(`Saved.${also}`);
      } else {
        setBase(outcome.theirs);
        setEdited(outcome.merged);
        setDispute({ theirs: editedOf(outcome.theirs), mine: outcome.merged, parts: outcome.disputed });
      }
    },
  });
  const errors: Errors = { ...(tried ? errorsOf(edited) : {}), ...fieldOf(saving.error ?? null) };
  return {
    base,
    edited,
    dirty,
    dispute,
    errors,
    said,
    saving,
    say: setSaid,
    set: (part: Partial<Edited>) => {
      setSaid("");
      saving.reset();
      setEdited((now) => ({ ...now, ...part }));
    },
    undo: () => {
      saving.reset();
      begin(title);
    },
    settle: (part: string, take: boolean) => {
      if (!dispute) return;
      if (take) setEdited((now) => withPart(now, part, dispute.theirs));
      const parts = dispute.parts.filter((one) => one !== part);
      setDispute(parts.length > 0 ? { ...dispute, parts } : null);
    },
    submit: () => {
      setTried(true);
      setSaid("");
      if (Object.keys(errorsOf(edited)).length === 0 && !saving.isPending) saving.mutate();
    },
  };
}
