import { answer, client } from "../client";
import type { Journey } from "../shapes";

export type WantedRequests = { why: Journey["why"] | null; status: string; route: string; account: string };

export const traffic = () => answer(client.GET("/api/operations/traffic"));
export const requests = ({ why, status, route, account }: WantedRequests, before: string | null) => {
  const query = { limit: 20, status, route, account, ...(why ? { why } : {}), ...(before ? { before } : {}) };
  return answer(client.GET("/api/operations/requests", { params: { query } }));
};
export const request = (id: string) =>
  answer(client.GET("/api/operations/requests/{request_id}", { params: { path: { request_id: id } } }));
