import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Button } from "../../components/Button";
import { CardEntry, type EnteredCard } from "../../components/CardEntry";
import { ChallengeDialog } from "../../components/ChallengeDialog";
import { Dialog } from "../../components/Dialog";
import { Notice } from "../../components/Notice";
import { Spinner } from "../../components/Skeleton";
import { changeCard } from "../../lib/calls/membership";
import { paymentSentence, usePayment } from "../../lib/payment";
import type { AccountPage, Subscription } from "../../lib/shapes";

export function CardSection({ subscription }: { subscription: Subscription }) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [changed, setChanged] = useState(false);
  const done = useCallback(
    (next: Subscription) => {
      queries.setQueryData<AccountPage>(["account"], (now) => now && { ...now, subscription: next });
      void queries.invalidateQueries({ queryKey: ["invoices"] });
      setOpen(false);
      setChanged(true);
    },
    [queries],
  );
  const payment = usePayment<string, Subscription>(changeCard, done);
  const { submit } = payment;
  const take = useCallback((entered: EnteredCard) => submit(entered.payment_method), [submit]);
  return (
    <section className="panel" aria-labelledby="card-heading">
      <h2 id="card-heading">Card</h2>
      <p>{subscription.card || "No card"}</p>
      {changed && <Notice tone="good">Your card is changed.</Notice>}
      <Button
        onClick={() => {
          payment.forget();
          setChanged(false);
          setOpen(true);
        }}
      >
        Change card
      </Button>
      {open && (
        <Dialog title="Change card" onClose={() => setOpen(false)}>
          {payment.problem && <Notice tone="error">{paymentSentence(payment.problem)}</Notice>}
          {payment.busy ? <Spinner label="Changing the card" /> : <CardEntry onCard={take} />}
        </Dialog>
      )}
      {payment.challengeUrl && (
        <ChallengeDialog
          url={payment.challengeUrl}
          onAnswer={payment.challengeAnswered}
          onClose={payment.challengeClosed}
        />
      )}
    </section>
  );
}
