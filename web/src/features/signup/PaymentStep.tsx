import { type Ref, useCallback, useState } from "react";
import { Button } from "../../components/Button";
import { CardEntry, type EnteredCard } from "../../components/CardEntry";
import { ChallengeDialog } from "../../components/ChallengeDialog";
import { Notice } from "../../components/Notice";
import { money } from "../../lib/format";
import { paymentSentence } from "../../lib/payment";
import type { Problem } from "../../lib/problem";
import { Link } from "../../lib/router";
import type { Plan } from "../../lib/shapes";

type Payment = {
  busy: boolean;
  problem: Problem | null;
  forget: () => void;
  challengeUrl: string | null;
  challengeAnswered: () => void;
  challengeClosed: () => void;
};
type Props = {
  heading: Ref<HTMLHeadingElement>;
  plan: Plan;
  email: string;
  payment: Payment;
  onPay: (payment_method: string) => void;
};

const ANOTHER_CARD = new Set(["card-declined", "unknown-payment-method"]);

export function PaymentStep({ heading, plan, email, payment, onPay }: Props) {
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
    <div className="stack">
      <h1 ref={heading} tabIndex={-1}>
        Pay by card
      </h1>
      <p className="summary">
        <strong>{plan.name}</strong>, {money(plan.price)} a month. <Link to="/signup?step=plan">Change the plan</Link>
      </p>
      {problem && (
        <Notice tone="error">
          {paymentSentence(problem)}{" "}
          {problem.type === "email-taken" && <Link to={`/login?email=${encodeURIComponent(email)}`}>Log in</Link>}
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
    </div>
  );
}
