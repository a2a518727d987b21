import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { MaturityBadge } from "../../components/Badge";
import { LinkButton } from "../../components/Button";
import { Empty, Failed } from "../../components/Notice";
import { Poster } from "../../components/Poster";
import { SkeletonLines } from "../../components/Skeleton";
import { genres, title } from "../../lib/calls/discovery";
import { duration, language } from "../../lib/format";
import { usePageTitle } from "../../lib/page";
import { type Problem, problemOf } from "../../lib/problem";
import { Link, navigate, preloadPage, useQueryParam } from "../../lib/router";
import type { Seasons, Title } from "../../lib/shapes";
import { Actions } from "./Actions";
import { Episodes } from "./Episodes";
import { Chapters } from "./Chapters";
import "./title.css";

function GenreName({ genre }: { genre: string }) {
  const { data } = useQuery({ queryKey: ["genres"], queryFn: genres, staleTime: 60_000 });
  const known = data?.find((one) => one.id === genre || one.name.toLowerCase() === genre.toLowerCase());
  return known ? <Link to={`/genres/${encodeURIComponent(known.id)}`}>{known.name}</Link> : <span>{genre}</span>;
}

/** "2 seasons", "5 episodes": the specials count in the latter alone. */
function extent(seasons: Seasons["seasons"]): string {
  const regular = seasons.filter(({ number }) => number > 0).length;
  const episodes = seasons.reduce((sum, season) => sum + season.episodes, 0);
  if (regular > 1) return `${regular} seasons`;
  return `${episodes} ${episodes === 1 ? "episode" : "episodes"}`;
}

function Facts({ film }: { film: Title }) {
  return (
    <p className="facts">
      <MaturityBadge maturity={film.maturity} />
      {film.year && <span>{film.year}</span>}
      <span>{film.series ? extent(film.series.seasons) : duration(film.duration_s)}</span>
      {film.genres.map((genre) => (
        <GenreName key={genre} genre={genre} />
      ))}
    </p>
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

/** The title as the page needs it; while another season is on its way, the one before stays. */
function useTitle(id: string) {
  const asked = useQueryParam("season");
  const season = /^\d{1,4}$/.test(asked) ? Number(asked) : undefined;
  return useQuery({
    queryKey: ["title", id, season],
    queryFn: () => title(id, season),
    staleTime: 5_000,
    refetchOnMount: "always",
    placeholderData: (before, query) => (query?.queryKey[1] === id ? keepPreviousData(before) : undefined),
    refetchInterval: (query) => (query.state.data?.playable === false ? 5_000 : false),
  });
}

/** An episode is shown on the page of its series. */
function useSeriesPage(film: Title | undefined): boolean {
  const episode = film?.episode;
  useEffect(() => {
    if (episode) navigate(`/titles/${episode.series_id}?season=${episode.season}`, { replace: true });
  }, [episode]);
  return Boolean(episode);
}

export function TitlePage({ id }: { id: string }) {
  const film = useTitle(id);
  const leaving = useSeriesPage(film.data);
  usePageTitle(film.data?.title ?? "Film");
  const plays = film.data?.series ? film.data.series.up_next?.id : id;
  useEffect(() => preloadPage(`/watch/${plays ?? id}`), [plays, id]);
  if (film.isPending || leaving) {
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
        <Poster id={film.data.id} title="" url={film.data.poster_url} tall={film.data.portrait_url} sizes="100vw" eager />
      </div>
      <div className="title-text">
        <h1>{film.data.title}</h1>
        <Facts film={film.data} />
        <Actions title={film.data} />
        {film.data.synopsis && <p className="synopsis">{film.data.synopsis}</p>}
        <dl className="languages">
          <Languages label="Audio" tags={film.data.languages} />
          <Languages label="Subtitles" tags={film.data.subtitles} />
        </dl>
        <Chapters film={film.data} />
      </div>
      {film.data.series && <Episodes series={film.data} seasons={film.data.series} busy={film.isPlaceholderData} />}
    </article>
  );
}
