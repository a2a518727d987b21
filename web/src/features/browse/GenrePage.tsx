import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { CardGrid } from "../../components/Card";
import { Empty, Failed } from "../../components/Notice";
import { SkeletonGrid } from "../../components/Skeleton";
import { genre, genres } from "../../lib/calls/discovery";
import { usePageTitle } from "../../lib/page";
import { Link } from "../../lib/router";
import "./browse.css";

export function GenrePage({ id }: { id: string }) {
  const names = useQuery({ queryKey: ["genres"], queryFn: genres });
  const name = names.data?.find((one) => one.id === id)?.name ?? id;
  usePageTitle(name);
  const films = useInfiniteQuery({
    queryKey: ["genre", id],
    queryFn: ({ pageParam }) => genre(id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const items = films.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/genres">Genres</Link>
      </p>
      <h1>{name}</h1>
      {films.isPending && <SkeletonGrid />}
      {films.isError && <Failed what="This genre" error={films.error} retry={() => void films.refetch()} />}
      {films.isSuccess && items.length === 0 && <Empty title="No films here yet" />}
      <CardGrid items={items} list={`genre-${id}`} />
      {films.hasNextPage && (
        <div className="actions centred">
          <Button busy={films.isFetchingNextPage} onClick={() => void films.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}
