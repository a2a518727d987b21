import { type ComponentType, useEffect } from "react";
import { Failed } from "../components/Notice";
import { Spinner } from "../components/Skeleton";
import { enableBeacons } from "../lib/beacon";
import { navigate, safeNext, usePath } from "../lib/router";
import { hasRole, useSession } from "../lib/session";
import type { Session } from "../lib/shapes";
import { Announcements } from "./Announcements";
import { ErrorBoundary } from "./ErrorBoundary";
import { NotForYou, NotFound } from "./NotFound";
import { find, landing, type Needs } from "./routes";
import { Shell } from "./Shell";

type Staff = "editor" | "operator" | "support";
const STAFF: Partial<Record<Needs, [Staff, ...Staff[]]>> = {
  editor: ["editor"],
  operator: ["operator"],
  support: ["support", "operator"],
};

/** Where someone has to go first, null where the page may be shown. */
function detour(needs: Needs, session: Session | null): string | null {
  const here = encodeURIComponent(location.pathname + location.search);
  if (needs === "anyone") return null;
  if (needs === "stranger") {
    return session ? safeNext(new URLSearchParams(location.search).get("next") ?? "", session.profile ? "/" : "/profiles") : null;
  }
  if (!session) return `/login?next=${here}`;
  if (needs !== "member" && !session.profile) return location.pathname === "/" ? "/profiles" : `/profiles?next=${here}`;
  return null;
}

function Detour({ to }: { to: string }) {
  useEffect(() => navigate(to, { replace: true }), [to]);
  return <Spinner />;
}

function Page({ path, session }: { path: string; session: Session | null }) {
  const found = path === "/" && !session ? { route: landing, params: {} } : find(path);
  if (!found) {
    return (
      <Shell session={session}>
        <NotFound />
      </Shell>
    );
  }
  const { route, params } = found;
  const to = detour(route.needs, session);
  if (to !== null) return <Detour to={to} />;
  const Wanted = route.page as ComponentType<Record<string, string>>;
  const roles = STAFF[route.needs];
  const page = (
    <ErrorBoundary key={path}>
      {roles && !hasRole(session, ...roles) ? <NotForYou to={roles[0]} /> : <Wanted {...params} />}
    </ErrorBoundary>
  );
  return route.bare ? page : <Shell session={session}>{page}</Shell>;
}

export function App() {
  const path = usePath(); // here, so that a new path is judged with the session as it is now
  const session = useSession();
  const watching = Boolean(session.data?.profile);
  useEffect(() => enableBeacons(watching), [watching]);
  if (session.isPending) return <Spinner label="Opening Matinee" />;
  if (session.isError && session.data === undefined) {
    return <Failed what="Matinee" error={session.error} retry={() => void session.refetch()} />;
  }
  return (
    <>
      <Page path={path} session={session.data ?? null} />
      {session.data && <Announcements session={session.data} />}
    </>
  );
}
