import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { CardGrid } from "../../components/Card";
import { Icon } from "../../components/Icon";
import { Empty, Failed } from "../../components/Notice";
import { SkeletonGrid } from "../../components/Skeleton";
import { search } from "../../lib/calls/discovery";
import { usePageTitle } from "../../lib/page";
import { Link, navigate, useQueryParam } from "../../lib/router";
import "./search.css";

const SETTLE_MS = 150;

/** What was typed, once the typing has paused. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** The words typed, held in the address too, so that a link to a search works and Back leads past it in one step. */
function useWords() {
  const inAddress = useQueryParam("q");
  const [typed, setTyped] = useState(inAddress);
  const settled = useSettled(typed);
  const written = useRef(inAddress);
  // The address changes by itself when a link or Back leads here; our own writing of it must not undo newer typing.
  useEffect(() => setTyped((now) => (written.current === inAddress ? now : inAddress)), [inAddress]);
  useEffect(() => {
    if (location.pathname === "/search") {
      written.current = settled.trim();
      navigate(settled.trim() ? `/search?q=${encodeURIComponent(settled.trim())}` : "/search", { replace: true });
    }
  }, [settled]);
  return { typed, setTyped, words: settled.trim() };
}

function Results({ words }: { words: string }) {
  const found = useQuery({
    queryKey: ["search", words],
    queryFn: ({ signal }) => search(words, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  if (found.isPending) return <SkeletonGrid cards={6} />;
  if (found.isError) return <Failed what="The search" error={found.error} retry={() => void found.refetch()} />;
  if (found.data.length === 0) {
    return (
      <Empty title={`Nothing found for “${words}”`}>
        <p>
          Try fewer letters or another spelling, or look through the <Link to="/genres">genres</Link>.
        </p>
      </Empty>
    );
  }
  return <CardGrid items={found.data} list="search" />;
}

export function SearchPage() {
  usePageTitle("Search");
  const { typed, setTyped, words } = useWords();
  return (
    <div className="page">
      <h1 className="sr-only">Search</h1>
      <form role="search" className="search" onSubmit={(event) => event.preventDefault()}>
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search"
          placeholder="Title, genre, a word of the story"
          autoFocus
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
      {words === "" ? (
        <Empty title="What would you like to see?">
          <p>Results appear as you type; small typing errors do not matter.</p>
        </Empty>
      ) : (
        <Results words={words} />
      )}
    </div>
  );
}
