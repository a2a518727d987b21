import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef } from "react";
import { Button, LinkButton } from "../../components/Button";
import { Empty, ErrorNotice, Failed, Notice } from "../../components/Notice";
import { Poster } from "../../components/Poster";
import { SkeletonLines } from "../../components/Skeleton";
import { studioTitle } from "../../lib/calls/studio";
import { duration } from "../../lib/format";
import { usePageTitle } from "../../lib/page";
import { problemOf } from "../../lib/problem";
import { Link, useGuard } from "../../lib/router";
import type { StudioTitle } from "../../lib/shapes";
import { ArtworkPicker } from "./ArtworkPicker";
import { ChaptersEditor } from "./ChaptersEditor";
import { DisputeNotice } from "./DisputeNotice";
import { FactsSection } from "./FactsSection";
import { FilmSection } from "./FilmSection";
import { PlaceSection } from "./PlaceSection";
import { SeriesEpisodes } from "./SeriesEpisodes";
import { StateActions } from "./StateActions";
import { kindOf, stateOf } from "./state";
import { useEditing } from "./useEditing";
import { titleKey } from "./useTitles";
import { WindowSection } from "./WindowSection";
import { WordsSection } from "./WordsSection";
import "./studio.css";
import "./edit.css";

function Head({ title }: { title: StudioTitle }) {
  const { text, tone } = stateOf(title);
  return (
    <header className="edit-head">
      <div className="list-picture">
        <Poster id={title.id} title="" url={title.poster_url} sizes="160px" eager />
      </div>
      <div>
        <h1>{title.title}</h1>
        <p className="facts">
          <span className={`state ${tone}`}>{text}</span>
          <span>{kindOf(title)}</span>
          {title.duration_s > 0 && <span>{duration(title.duration_s)}</span>}
          {title.episode && <Link to={`/studio/titles/${title.episode.series_id}`}>Open the series</Link>}
        </p>
      </div>
    </header>
  );
}

/** The first field with an error takes the focus when saving was tried in vain. */
function useFocusOnError(form: { current: HTMLFormElement | null }, errors: object, tries: number) {
  const wrong = Object.keys(errors).length > 0;
  const met = useRef(0);
  useEffect(() => {
    if (!wrong || met.current === tries) return;
    met.current = tries;
    form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [form, wrong, tries]);
}

function Editor({ title }: { title: StudioTitle }) {
  const { base, edited, dirty, dispute, errors, said, saving, say, set, settle, submit, undo } = useEditing(title);
  const form = useRef<HTMLFormElement>(null);
  const tries = useRef(0);
  usePageTitle(`Edit ${base.title}`);
  useGuard(dirty, "Leave without saving? What you changed here would be lost.");
  useFocusOnError(form, errors, tries.current);
  const send = (event: FormEvent) => {
    event.preventDefault();
    tries.current += 1;
    submit();
  };
  return (
    <div className="page edit">
      <p className="crumbs">
        <Link to="/studio">Studio</Link>
      </p>
      <Head title={base} />
      <StateActions title={base} dirty={dirty} onDone={say} />
      {said && <Notice tone="good">{said}</Notice>}
      {dispute && <DisputeNotice dispute={dispute} onSettle={settle} />}
      {base.kind === "series" ? <SeriesEpisodes id={base.id} /> : <FilmSection titleId={base.id} />}
      <form ref={form} className="edit-form" onSubmit={send} noValidate aria-label="Edit this title">
        <WordsSection edited={edited} errors={errors} set={set} />
        <FactsSection edited={edited} errors={errors} set={set} />
        {base.kind !== "series" && <PlaceSection edited={edited} errors={errors} now={base.episode} set={set} />}
        <WindowSection edited={edited} errors={errors} set={set} />
        {(dirty || saving.isPending) && (
          <div className="save-bar" role="region" aria-label="Unsaved changes">
            <ErrorNotice error={saving.error} />
            <p>{dispute ? "Decide above, then save." : "You have unsaved changes."}</p>
            <Button onClick={undo}>Discard</Button>
            <Button type="submit" kind="primary" busy={saving.isPending}>
              Save
            </Button>
          </div>
        )}
      </form>
      <section className="panel" aria-labelledby="pictures-heading">
        <h2 id="pictures-heading">Pictures</h2>
        <ArtworkPicker titleId={base.id} />
      </section>
      {base.kind !== "series" && base.duration_s > 0 && (
        <section className="panel" aria-labelledby="chapters-heading">
          <h2 id="chapters-heading">Chapters</h2>
          <ChaptersEditor titleId={base.id} />
        </section>
      )}
    </div>
  );
}

function Absent() {
  return (
    <Empty heading="h1" title="There is no such title">
      <p>It may have been deleted.</p>
      <LinkButton kind="primary" to="/studio">
        Back to the studio
      </LinkButton>
    </Empty>
  );
}

/** Everything about one title: its state, its words, where and when it is shown, its pictures. */
export default function EditTitlePage({ id }: { id: string }) {
  const title = useQuery({ queryKey: titleKey(id), queryFn: () => studioTitle(id), staleTime: 5_000, refetchOnMount: "always" });
  if (title.isPending) {
    return (
      <div className="page">
        <SkeletonLines lines={6} />
      </div>
    );
  }
  if (title.isError) {
    if (problemOf(title.error).status === 404) return <Absent />;
    return <Failed what="This title" error={title.error} retry={() => void title.refetch()} />;
  }
  return <Editor key={id} title={title.data} />;
}
