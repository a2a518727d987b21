import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { MaturityBadge } from "../../components/Badge";
import { LinkButton } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Empty, Failed, Notice } from "../../components/Notice";
import { Poster, ProgressBar } from "../../components/Poster";
import { SkeletonLines } from "../../components/Skeleton";
import { genres, title } from "../../lib/calls/discovery";
import { duration, language, timecode } from "../../lib/format";
import { usePageTitle } from "../../lib/page";
import { type Problem, problemOf } from "../../lib/problem";
import { Link, preloadPage } from "../../lib/router";
import type { Title } from "../../lib/shapes";
import "./title.css";

function GenreName({ genre }: { genre: string }) {
  const { data } = useQuery({ queryKey: ["genres"], queryFn: genres, staleTime: 60_000 });
  const known = data?.find((one) => one.id === genre || one.name.toLowerCase() === genre.toLowerCase());
  return known ? <Link to={`/genres/${encodeURIComponent(known.id)}`}>{known.name}</Link> : <span>{genre}</span>;
}

function Facts({ film }: { film: Title }) {
  return (
    <p className="facts">
      <MaturityBadge maturity={film.maturity} />
      {film.year && <span>{film.year}</span>}
      <span>{duration(film.duration_s)}</span>
      {film.genres.map((genre) => (
        <GenreName key={genre} genre={genre} />
      ))}
    </p>
  );
}

function Actions({ film }: { film: Title }) {
  const resumable = film.resume_position_s >= 1 && film.resume_position_s < film.duration_s * 0.95;
  if (!film.playable) return <Notice>This film cannot be played yet. It will be ready here as soon as it is prepared.</Notice>;
  return (
    <>
      {resumable && (
        <div className="title-progress">
          <ProgressBar value={film.resume_position_s / film.duration_s} label={`Watched of ${film.title}`} />
          <span className="muted small">
            {timecode(film.resume_position_s)} of {timecode(film.duration_s)}
          </span>
        </div>
      )}
      <div className="actions">
        <LinkButton kind="primary" className="large" to={`/watch/${film.id}`}>
          <Icon name="play" /> {resumable ? "Resume" : "Play"}
        </LinkButton>
        {resumable && (
          <LinkButton className="large" to={`/watch/${film.id}?from=start`}>
            From the beginning
          </LinkButton>
        )}
      </div>
    </>
  );
}

/** Why this film is not shown, without a word of what it is. */
function Absent({ problem }: { problem: Problem }) {
  const limit = problem.type === "maturity";
  return (
    <Empty heading="h1" title={limit ? "Not for this profile" : "This film is not here"}>
      {limit && <p>This film lies above the profile’s age limit.</p>}
      {problem.status === 404 && <p>It may have been withdrawn, or it is not for this profile.</p>}
      {problem.status === 403 && !limit && <p>{problem.detail}</p>}
      <div className="actions centred">
        <LinkButton kind="primary" to="/">
          Back to the films
        </LinkButton>
        {limit && <LinkButton to="/profiles">Switch profile</LinkButton>}
      </div>
    </Empty>
  );
}

function Languages({ label, tags }: { label: string; tags: string[] }) {
  const named = tags.filter((tag) => tag && tag !== "und");
  if (named.length === 0) return null;
  return (
    <div>
      <dt>{label}</dt>
      <dd>{named.map(language).join(", ")}</dd>
    </div>
  );
}

export function TitlePage({ id }: { id: string }) {
  const film = useQuery({
    queryKey: ["title", id],
    queryFn: () => title(id),
    staleTime: 5_000,
    refetchOnMount: "always",
    refetchInterval: (query) => (query.state.data?.playable === false ? 5_000 : false),
  });
  usePageTitle(film.data?.title ?? "Film");
  useEffect(() => preloadPage(`/watch/${id}`), [id]);
  if (film.isPending) {
    return (
      <div className="page">
        <SkeletonLines lines={6} />
      </div>
    );
  }
  if (film.isError) {
    const problem = problemOf(film.error);
    if (problem.status === 403 || problem.status === 404) return <Absent problem={problem} />;
    return <Failed what="This film" error={film.error} retry={() => void film.refetch()} />;
  }
  return (
    <article className="title">
      <div className="title-picture">
        <Poster id={film.data.id} title="" url={film.data.poster_url} sizes="100vw" eager />
      </div>
      <div className="title-text">
        <h1>{film.data.title}</h1>
        <Facts film={film.data} />
        <Actions film={film.data} />
        {film.data.synopsis && <p className="synopsis">{film.data.synopsis}</p>}
        <dl className="languages">
          <Languages label="Audio" tags={film.data.languages} />
          <Languages label="Subtitles" tags={film.data.subtitles} />
        </dl>
      </div>
    </article>
  );
}
