import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { PayByCard } from "../../components/PayByCard";
import { PlanChoice } from "../../components/PlanChoice";
import { subscribe } from "../../lib/calls/membership";
import { usePayment } from "../../lib/payment";
import type { Plan, SubscribeBody, Subscription } from "../../lib/shapes";

type Props = {
  /** The plan there was. */
  before: string | null;
  onStarted: (subscription: Subscription) => void;
  /** A membership runs already; nothing was charged. */
  onRunning: () => void;
};

/** For who has no membership any more: a plan, then the card that pays for it. */
export function StartAgain({ before, onStarted, onRunning }: Props) {
  const [chosen, setChosen] = useState<string | null>(before);
  const [plan, setPlan] = useState<Plan | null>(null);
  const payment = usePayment<SubscribeBody, Subscription>(subscribe, onStarted);
  const { problem, forget } = payment;
  useEffect(() => {
    if (problem?.type === "already-subscribed") onRunning();
  }, [problem, onRunning]);

  const heading = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) heading.current?.focus();
  }, [plan]);
  const go = useCallback(
    (to: Plan | null) => {
      moved.current = true;
      forget();
      setPlan(to);
    },
    [forget],
  );

  if (!plan) {
    return (
      <PlanChoice
        chosen={chosen}
        onChoose={(taken) => {
          setChosen(taken.id);
          go(taken);
        }}
      >
        <h3 ref={heading} tabIndex={-1}>
          Choose a plan to start again
        </h3>
      </PlanChoice>
    );
  }
  return (
    <div className="stack">
      <h3 ref={heading} tabIndex={-1}>
        Pay by card
      </h3>
      <PayByCard
        plan={plan}
        payment={payment}
        onPay={(payment_method) => payment.submit({ plan: plan.id, payment_method })}
        otherPlan={<Button onClick={() => go(null)}>Change the plan</Button>}
      />
    </div>
  );
}
