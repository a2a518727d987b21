import type { Subscription } from "../../lib/shapes";

/** A gift of the house; nothing is ever charged for it. */
export const isGift = ({ paid_through }: Subscription) => new Date(paid_through).getUTCFullYear() >= 9999;

const past = (at: string) => new Date(at) <= new Date();

/** Whether it is over, also where the house has not written that down yet: then nothing can be changed, only begun anew. */
export function hasEnded({ status, plays_until, cancel_at_period_end }: Subscription): boolean {
  if (status !== "active" && status !== "past_due") return true;
  return past(plays_until) && (cancel_at_period_end || status === "past_due");
}
