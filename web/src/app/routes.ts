// Every address of the client, what it needs, and its page. A later page's code comes when it is wanted, or a moment before.
import type { ComponentType } from "react";
import { GenrePage } from "../features/browse/GenrePage";
import { GenresPage } from "../features/browse/GenresPage";
import { HomePage } from "../features/browse/HomePage";
import { ManageProfiles } from "../features/profiles/ManageProfiles";
import { WhoIsWatching } from "../features/profiles/WhoIsWatching";
import { SearchPage } from "../features/search/SearchPage";
import { Landing } from "../features/signup/Landing";
import { LogInPage } from "../features/signup/LogInPage";
import { SignUpPage } from "../features/signup/SignUpPage";
import { TitlePage } from "../features/title/TitlePage";
import { match, onPreload, type Params } from "../lib/router";
import { later } from "./later";

const player = later(() => import("../features/player/PlayerPage"));
const studio = later(() => import("../features/studio/StudioPage"));
const editTitle = later(() => import("../features/studio/EditTitlePage"));
const operations = later(() => import("../features/operations/OperationsPage"));
const oneRequest = later(() => import("../features/operations/RequestPage"));
const account = later(() => import("../features/account/AccountPage"));

/** Who may see a page: strangers alone, everyone, a member, a member with a profile chosen, staff. */
export type Needs = "stranger" | "anyone" | "member" | "profile" | "editor" | "operator" | "support";

// Each page takes its pattern's parameters as props.
type Route = { path: string; needs: Needs; page: ComponentType<never>; bare?: boolean; load?: () => Promise<unknown> };

export const landing: Route = { path: "/", needs: "stranger", page: Landing };

export const routes: Route[] = [
  { path: "/", needs: "profile", page: HomePage },
  { path: "/signup", needs: "stranger", page: SignUpPage },
  { path: "/login", needs: "stranger", page: LogInPage },
  { path: "/profiles", needs: "member", page: WhoIsWatching },
  { path: "/profiles/manage", needs: "member", page: ManageProfiles },
  { path: "/search", needs: "profile", page: SearchPage },
  { path: "/genres", needs: "profile", page: GenresPage },
  { path: "/genres/:id", needs: "profile", page: GenrePage },
  { path: "/titles/:id", needs: "profile", page: TitlePage },
  { path: "/watch/:id", needs: "profile", bare: true, ...player },
  { path: "/account", needs: "member", ...account },
  { path: "/studio", needs: "editor", ...studio },
  { path: "/studio/titles/:id", needs: "editor", ...editTitle },
  { path: "/operations", needs: "operator", ...operations },
  { path: "/operations/requests/:id", needs: "support", ...oneRequest },
];

export function find(path: string): { route: Route; params: Params } | null {
  for (const route of routes) {
    const params = match(route.path, path);
    if (params) return { route, params };
  }
  return null;
}

onPreload((path) => void find(path.split("?")[0] ?? path)?.route.load?.().catch(() => undefined));
