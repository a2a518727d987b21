import { type ReactNode, useCallback, useState } from "react";
import { money } from "../lib/format";
import { type Payment, paymentSentence } from "../lib/payment";
import type { Plan } from "../lib/shapes";
import { Button } from "./Button";
import { CardEntry, type EnteredCard } from "./CardEntry";
import { ChallengeDialog } from "./ChallengeDialog";
import { Notice } from "./Notice";

const ANOTHER_CARD = new Set(["card-declined", "unknown-payment-method"]);

type Props = {
  plan: Plan;
  payment: Payment;
  onPay: (payment_method: string) => void;
  /** The way back to the plans. */
  otherPlan: ReactNode;
  /** What to do about a problem that no card mends. */
  remedy?: ReactNode;
};

/** The first payment of a plan: its card, a refusal in a sentence, the bank's question where it asks. */
export function PayByCard({ plan, payment, onPay, otherPlan, remedy }: Props) {
  const [card, setCard] = useState<EnteredCard | null>(null);
  const { problem, forget } = payment;
  const refused = problem !== null && ANOTHER_CARD.has(problem.type);
  const usable = refused ? null : card;
  const take = useCallback(
    (entered: EnteredCard) => {
      forget();
      setCard(entered);
    },
    [forget],
  );
  return (
    <>
      <p className="summary">
        <span>
          <strong>{plan.name}</strong>, {money(plan.price)} a month.
        </span>
        {otherPlan}
      </p>
      {problem && (
        <Notice tone="error">
          {paymentSentence(problem)} {remedy}
        </Notice>
      )}
      {usable ? (
        <>
          <div className="chosen-card">
            <span>{usable.card}</span>
            <Button onClick={() => setCard(null)}>Use another card</Button>
          </div>
          <Button kind="primary" className="wide large" busy={payment.busy} onClick={() => onPay(usable.payment_method)}>
            Pay {money(plan.price)} and start
          </Button>
          <p className="muted small">Then {money(plan.price)} each month until you cancel.</p>
        </>
      ) : (
        <CardEntry onCard={take} />
      )}
      {payment.challengeUrl && (
        <ChallengeDialog
          url={payment.challengeUrl}
          onAnswer={payment.challengeAnswered}
          onClose={payment.challengeClosed}
        />
      )}
    </>
  );
}
