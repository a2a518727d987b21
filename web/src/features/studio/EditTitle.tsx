import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { ErrorNotice } from "../../components/Notice";
import { updateTitle } from "../../lib/calls/studio";
import type { StudioTitle } from "../../lib/shapes";
import type { Words } from "./film";
import { WordsFields } from "./WordsFields";

function wordsOf({ title, synopsis, year, genres, maturity, language }: StudioTitle): Words {
  return {
    title,
    synopsis,
    year: year === null ? "" : String(year),
    genre: genres.join(", "),
    maturity,
    language: language === "und" ? "" : language,
  };
}

function changeOf({ title, synopsis, year, genre, maturity, language }: Words) {
  const genres = genre
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  return { title: title.trim(), synopsis, year: year === "" ? null : Number(year), genres, maturity, language: language || "und" };
}

export function EditTitle({ film, onClose }: { film: StudioTitle; onClose: () => void }) {
  const queries = useQueryClient();
  const [words, setWords] = useState(() => wordsOf(film));
  const saving = useMutation({
    mutationFn: () => updateTitle(film.id, changeOf(words)),
    onSuccess: () => {
      for (const key of ["studio-titles", "home", "title", "genres"]) void queries.invalidateQueries({ queryKey: [key] });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  return (
    <Dialog title={`Edit ${film.title}`} onClose={onClose}>
      <form onSubmit={submit} className="stack">
        <ErrorNotice error={saving.error} />
        <WordsFields words={words} onChange={setWords} />
        <Button type="submit" kind="primary" busy={saving.isPending}>
          Save
        </Button>
      </form>
    </Dialog>
  );
}
