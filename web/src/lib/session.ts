import { QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { logOut, session } from "./calls/membership";
import { Problem } from "./problem";
import { navigate } from "./router";
import type { Profile, Session } from "./shapes";

const SESSION = ["session"];
const MARK = "matinee_member";

/** Who is logged in. The session cookie is hidden from pages; without the mark that is set beside it there is none to ask for. */
async function whoAmI(): Promise<Session | null> {
  if (!document.cookie.includes(`${MARK}=`)) return null;
  const found = await session();
  if (!found) document.cookie = `${MARK}=; path=/; max-age=0`;
  return found;
}

export function useSession() {
  return useQuery({ queryKey: SESSION, queryFn: whoAmI, staleTime: 60_000 });
}

/** For pages behind the guard: it shows them to members only. */
export function useMember(): Session {
  const { data } = useSession();
  if (!data) throw new Problem("unauthenticated", 401, "Log in first.");
  return data;
}

/** A profile with an age limit, which looks after nothing: neither the account nor the films. */
export function isLimited(profile: Profile | null): boolean {
  return profile !== null && profile.maturity < 18;
}

type Role = Session["account"]["roles"][number];

/** Whether the account has one of these roles, and this profile its use. */
export function hasRole(session: Session | null, ...roles: Role[]): boolean {
  return session !== null && roles.some((role) => session.account.roles.includes(role)) && !isLimited(session.profile);
}

export function isEditor(session: Session | null): boolean {
  return hasRole(session, "editor");
}

/** Another profile (or account) sees other things: nothing of the one before stays. */
export function adoptSession(queries: QueryClient, next: Session | null): void {
  queries.setQueryData(SESSION, next);
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" && query.queryKey[0] !== "plans" });
}

export function adoptProfile(queries: QueryClient, profile: Profile): void {
  const now = queries.getQueryData<Session | null>(SESSION);
  if (now) adoptSession(queries, { ...now, profile });
}

export async function refreshSession(queries: QueryClient): Promise<Session | null> {
  const next = await queries.fetchQuery({ queryKey: SESSION, queryFn: whoAmI, staleTime: 0 });
  return next;
}

/** What an answer says of the session itself, wherever it came: the guard then shows the right page. */
export function noticeSessionEnd(queries: QueryClient, error: unknown): void {
  if (!(error instanceof Problem)) return;
  if (error.type === "unauthenticated") queries.setQueryData(SESSION, null);
  if (error.type === "profile-required") {
    queries.setQueryData<Session | null>(SESSION, (now) => (now ? { ...now, profile: null } : now));
  }
}

export function useLogOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: logOut,
    onSuccess: () => {
      navigate("/");
      adoptSession(queries, null);
    },
  });
}
