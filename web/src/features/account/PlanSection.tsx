import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Button, LinkButton } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { ErrorNotice, Notice } from "../../components/Notice";
import { cancel, resume } from "../../lib/calls/membership";
import { day, money } from "../../lib/format";
import { safeNext, useQueryParam } from "../../lib/router";
import type { AccountPage, Plan, Subscription } from "../../lib/shapes";
import { hasEnded, isGift } from "./membership";
import { StartAgain } from "./StartAgain";

function PlanLine({ plan, gift }: { plan: Plan; gift: boolean }) {
  return (
    <p className="plan-line">
      <strong>{plan.name}</strong>
      {gift ? "" : `, ${money(plan.price)} a month`} · {plan.streams === 1 ? "one screen" : `${plan.streams} screens`} at a
      time
    </p>
  );
}

function Ending({ subscription }: { subscription: Subscription | null }) {
  if (!subscription) return <p>This account has no membership now.</p>;
  const { status, paid_through } = subscription;
  if (status === "unpaid" || status === "past_due") {
    return <Notice tone="error">Your membership stopped because it was not paid. Start again with a card that pays.</Notice>;
  }
  return <p>Your membership ended on {day(paid_through)}. Your profiles and what you watched are still here.</p>;
}

function Standing({ subscription }: { subscription: Subscription }) {
  const { status, paid_through, plays_until, cancel_at_period_end } = subscription;
  if (isGift(subscription)) return <p>This membership is on the house: it costs nothing and does not end.</p>;
  if (status === "past_due") {
    return (
      <Notice tone="error">
        The last payment failed. You can go on watching until {day(plays_until)}. Change your card below; it is charged at once.
      </Notice>
    );
  }
  if (cancel_at_period_end) return <Notice>Cancelled: you can watch until {day(paid_through)}, and nothing more is charged.</Notice>;
  return (
    <p>
      Paid through <strong>{day(paid_through)}</strong>; it renews then by itself.
    </p>
  );
}

/** Cancelling at the end of the paid period, and taking that back. */
function Change({ subscription, onChanged }: { subscription: Subscription; onChanged: (changed: Subscription) => void }) {
  const [asking, setAsking] = useState(false);
  const adopt = (changed: Subscription) => {
    onChanged(changed);
    setAsking(false);
  };
  const cancelling = useMutation({ mutationFn: cancel, onSuccess: adopt });
  const resuming = useMutation({ mutationFn: resume, onSuccess: adopt });
  return (
    <>
      <ErrorNotice error={resuming.error} />
      <div className="actions">
        {subscription.cancel_at_period_end ? (
          <Button kind="primary" busy={resuming.isPending} onClick={() => resuming.mutate()}>
            Keep my membership
          </Button>
        ) : (
          <Button onClick={() => (cancelling.reset(), setAsking(true))}>Cancel membership</Button>
        )}
      </div>
      {asking && (
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
    </>
  );
}

function Started({ subscription }: { subscription: Subscription }) {
  const next = useQueryParam("next");
  return (
    <>
      <Notice tone="good">
        Welcome back. {money(subscription.plan.price)} was paid, and your membership runs again.
      </Notice>
      <div className="actions">
        <LinkButton kind="primary" to={safeNext(next, "/")}>
          Start watching
        </LinkButton>
      </div>
    </>
  );
}

export function PlanSection({ subscription }: { subscription: Subscription | null }) {
  const queries = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const [news, setNews] = useState<"started" | "running" | null>(null);
  const adopt = useCallback(
    (changed: Subscription) => queries.setQueryData<AccountPage>(["account"], (now) => now && { ...now, subscription: changed }),
    [queries],
  );
  const changed = (next: Subscription) => {
    adopt(next);
    setNews(null);
  };
  const started = useCallback(
    (next: Subscription) => {
      adopt(next);
      setNews("started");
      void queries.invalidateQueries({ queryKey: ["invoices"] });
    },
    [adopt, queries],
  );
  const running = useCallback(() => {
    setNews("running");
    void queries.invalidateQueries({ queryKey: ["account"] });
    void queries.invalidateQueries({ queryKey: ["invoices"] });
  }, [queries]);
  useEffect(() => {
    if (news) heading.current?.focus();
  }, [news]);

  const gift = subscription !== null && isGift(subscription);
  const runs = subscription !== null && !hasEnded(subscription);
  return (
    <section className="panel" aria-labelledby="plan-heading">
      <h2 id="plan-heading" ref={heading} tabIndex={-1}>
        Plan
      </h2>
      {runs ? (
        <>
          {news === "started" && <Started subscription={subscription} />}
          {news === "running" && <Notice>A membership was running already; nothing was charged again.</Notice>}
          <PlanLine plan={subscription.plan} gift={gift} />
          <Standing subscription={subscription} />
          {!gift && <Change subscription={subscription} onChanged={changed} />}
        </>
      ) : (
        <>
          <Ending subscription={subscription} />
          <StartAgain before={subscription?.plan.id ?? null} onStarted={started} onRunning={running} />
        </>
      )}
    </section>
  );
}
