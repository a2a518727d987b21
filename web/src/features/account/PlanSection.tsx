import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { ErrorNotice, Notice } from "../../components/Notice";
import { cancel, resume } from "../../lib/calls/membership";
import { day, money } from "../../lib/format";
import type { AccountPage, Subscription } from "../../lib/shapes";

/** A gift of the house; nothing is ever charged for it. */
export const isGift = ({ paid_through }: Subscription) => new Date(paid_through).getUTCFullYear() >= 9999;
const soon = (at: string) => new Date(at) > new Date();

function Standing({ subscription }: { subscription: Subscription }) {
  const { status, paid_through, plays_until, cancel_at_period_end } = subscription;
  if (isGift(subscription)) return <p>This membership is on the house: it costs nothing and does not end.</p>;
  if (status === "past_due") {
    return (
      <Notice tone="error">
        The last payment failed. {soon(plays_until) && `You can go on watching until ${day(plays_until)}. `}Change your card
        below; it is charged at once.
      </Notice>
    );
  }
  if (status === "canceled") return <p>Your membership ended on {day(paid_through)}. To start again, write to whoever runs this Matinee.</p>;
  if (status === "unpaid") return <Notice tone="error">Your membership stopped because it was not paid. Change your card below to go on.</Notice>;
  if (status === "incomplete") return <Notice>The first payment is not finished yet.</Notice>;
  if (cancel_at_period_end) return <Notice>Cancelled: you can watch until {day(paid_through)}, and nothing more is charged.</Notice>;
  return (
    <p>
      Paid through <strong>{day(paid_through)}</strong>; it renews then by itself.
    </p>
  );
}

type Props = { subscription: AccountPage["subscription"] };

export function PlanSection({ subscription }: Props) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const adopt = (changed: Subscription) => {
    queries.setQueryData<AccountPage>(["account"], (now) => now && { ...now, subscription: changed });
    setAsking(false);
  };
  const cancelling = useMutation({ mutationFn: cancel, onSuccess: adopt });
  const resuming = useMutation({ mutationFn: resume, onSuccess: adopt });
  const gift = subscription !== null && isGift(subscription);
  const running = !gift && (subscription?.status === "active" || subscription?.status === "past_due");
  return (
    <section className="panel" aria-labelledby="plan-heading">
      <h2 id="plan-heading">Plan</h2>
      {!subscription && <p>This account has no membership.</p>}
      {subscription && (
        <>
          <p className="plan-line">
            <strong>{subscription.plan.name}</strong>
            {gift ? "" : `, ${money(subscription.plan.price)} a month`} ·{" "}
            {subscription.plan.streams === 1 ? "one screen" : `${subscription.plan.streams} screens`} at a time
          </p>
          <Standing subscription={subscription} />
          <ErrorNotice error={resuming.error} />
        </>
      )}
      {subscription && running && (
        <div className="actions">
          {subscription.cancel_at_period_end ? (
            <Button kind="primary" busy={resuming.isPending} onClick={() => resuming.mutate()}>
              Keep my membership
            </Button>
          ) : (
            <Button onClick={() => (cancelling.reset(), setAsking(true))}>Cancel membership</Button>
          )}
        </div>
      )}
      {asking && subscription && (
        <Dialog title="Cancel your membership?" onClose={() => setAsking(false)}>
          <p>You can watch until {day(subscription.paid_through)}. Until then you can take this back.</p>
          <ErrorNotice error={cancelling.error} />
          <div className="actions">
            <Button kind="danger" busy={cancelling.isPending} onClick={() => cancelling.mutate()}>
              Cancel at the end of the period
            </Button>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
