// The API's shapes by the names that pages use, read off the routes of the OpenAPI file.
import type { paths } from "./api";

type Json<Content> = Content extends { "application/json": infer Body } ? Body : never;
type Good<Responses> = {
  [Status in keyof Responses & (200 | 201)]: Responses[Status] extends { content: infer Content } ? Json<Content> : never;
}[keyof Responses & (200 | 201)];
type Answer<Path extends keyof paths, Method extends keyof paths[Path]> = paths[Path][Method] extends {
  responses: infer Responses;
}
  ? Good<Responses>
  : never;
type Body<Path extends keyof paths, Method extends keyof paths[Path]> = paths[Path][Method] extends {
  requestBody: { content: infer Content };
}
  ? Json<Content>
  : never;

export type Plans = Answer<"/api/signup/plans", "get">;
export type Plan = Plans["plans"][number];
export type Money = Plan["price"];
export type SignupBody = Body<"/api/signup", "post">;

export type Session = Answer<"/api/session", "get">;
export type Profile = Session["profiles"][number];
export type Maturity = Profile["maturity"];
export type ProfileBody = Body<"/api/profiles", "post">;
export type ProfileChange = Body<"/api/profiles/{profile_id}", "patch">;

export type AccountPage = Answer<"/api/account", "get">;
export type Subscription = NonNullable<AccountPage["subscription"]>;
export type SubscribeBody = Body<"/api/account/subscription", "post">;

export type Home = Answer<"/api/discovery/home", "get">;
export type Row = Home["rows"][number];
export type Item = Row["items"][number];
export type Title = Answer<"/api/discovery/titles/{title_id}", "get">;
export type Place = NonNullable<Item["episode"]>;
export type Seasons = NonNullable<Title["series"]>;
export type EpisodeItem = Seasons["episodes"][number];

export type PlayBody = Body<"/api/play/{title_id}", "post">;
export type Play = Answer<"/api/play/{title_id}", "post">;
export type PlayContents = Answer<"/api/play/sessions/{session_id}", "get">;
export type Appliance = Play["appliances"][number];
export type Heartbeat = Body<"/api/play/sessions/{session_id}/heartbeat", "post">;
export type BeaconEvent = Body<"/api/beacon", "post">["events"][number];

export type Live = Answer<"/api/operations/traffic", "get">;
export type Flow = Live["whole"];
export type Origin = Live["origins"][number];
export type Instance = Origin["instances"][number];
export type Filter = Live["filters"][number];
export type Journey = Answer<"/api/operations/requests/{request_id}", "get">;

export type Preparation = Answer<"/api/studio/preparations", "get">["preparations"][number];
export type Finding = NonNullable<Preparation["findings"]>[number];
export type Stage = NonNullable<Preparation["stages"]>[number];
export type Try = Stage["tasks"][number];
export type Chapter = Answer<"/api/studio/titles/{title_id}/chapters", "get">["chapters"][number];
export type StudioPicture = Answer<"/api/studio/titles/{title_id}/artwork", "get">["pictures"][number];
export type Shape = StudioPicture["shape"];
export type StudioTitle = Answer<"/api/studio/titles", "get">["titles"][number];
export type NewSeries = Body<"/api/studio/titles", "post">;
export type StudioTitleChange = Body<"/api/studio/titles/{title_id}", "patch">;
