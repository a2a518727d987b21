import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LinkButton } from "../../components/Button";
import { Card } from "../../components/Card";
import { Empty, ErrorNotice, Failed } from "../../components/Notice";
import { Row } from "../../components/Row";
import { SkeletonRows } from "../../components/Skeleton";
import { forget, home } from "../../lib/calls/discovery";
import { usePageTitle } from "../../lib/page";
import { isEditor, useMember } from "../../lib/session";
import type { Home, Item } from "../../lib/shapes";
import { Hero } from "./Hero";
import { PreparingRow } from "./PreparingRow";
import "./browse.css";

const CONTINUE = "continue-watching";

/** Takes a title off the first row at once, and asks the server to. */
function useForget() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (item: Item) => forget(item.id),
    onMutate: (item) =>
      queries.setQueryData<Home>(
        ["home"],
        (now) =>
          now && {
            ...now,
            rows: now.rows.map((row) =>
              row.id === CONTINUE ? { ...row, items: row.items.filter((one) => one.id !== item.id) } : row,
            ),
          },
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["home"] }),
  });
}

/** A genre of one film would only repeat what another row shows; its page has it. */
function worthShowing({ id, items }: Home["rows"][number]): boolean {
  return items.length > (id.startsWith("genre-") ? 1 : 0);
}

/** The newest title, and how one goes on with it where it was begun. */
function featuredOf(rows: Home["rows"]) {
  const item = (rows.find((row) => row.id === "new") ?? rows[0])?.items[0];
  const begun = rows.find((row) => row.id === CONTINUE)?.items;
  return { item, goingOn: begun?.find((one) => one.id === item?.id || one.episode?.series_id === item?.id) };
}

export function HomePage() {
  usePageTitle("");
  const editor = isEditor(useMember());
  const page = useQuery({ queryKey: ["home"], queryFn: home, staleTime: 5_000, refetchOnMount: "always" });
  const forgetting = useForget();
  if (page.isPending) return <SkeletonRows />;
  if (page.isError) return <Failed what="The films" error={page.error} retry={() => void page.refetch()} />;
  const rows = page.data.rows.filter(worthShowing);
  const featured = featuredOf(rows);
  return (
    <div className="home">
      <h1 className="sr-only">Home</h1>
      {featured.item && <Hero item={featured.item} goingOn={featured.goingOn} />}
      <ErrorNotice error={forgetting.error} />
      {editor && <PreparingRow />}
      {rows.map((row) => (
        <Row key={row.id} title={row.title} reason={row.reason}>
          {row.items.map((item, position) => (
            <Card
              key={item.id}
              item={item}
              list={row.id}
              position={position}
              onRemove={row.id === CONTINUE ? (one) => forgetting.mutate(one) : undefined}
            />
          ))}
        </Row>
      ))}
      {rows.length === 0 && (
        <Empty title="Nothing is showing yet">
          <p>{editor ? "Add the first film in the studio." : "Films appear here as soon as they are published."}</p>
          {editor && (
            <LinkButton kind="primary" to="/studio">
              Open the studio
            </LinkButton>
          )}
        </Empty>
      )}
    </div>
  );
}
