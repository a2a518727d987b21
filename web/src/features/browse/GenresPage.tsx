import { useQuery } from "@tanstack/react-query";
import { Empty, Failed } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { genres } from "../../lib/calls/discovery";
import { usePageTitle } from "../../lib/page";
import { Link } from "../../lib/router";
import "./browse.css";

export function GenresPage() {
  usePageTitle("Genres");
  const list = useQuery({ queryKey: ["genres"], queryFn: genres });
  return (
    <div className="page">
      <h1>Genres</h1>
      {list.isPending && <SkeletonLines />}
      {list.isError && <Failed what="The genres" error={list.error} retry={() => void list.refetch()} />}
      {list.data?.length === 0 && <Empty title="No genres yet" />}
      <ul className="genres">
        {list.data?.map((genre) => (
          <li key={genre.id}>
            <Link to={`/genres/${encodeURIComponent(genre.id)}`}>{genre.name}</Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
