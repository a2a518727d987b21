import type { Ref } from "react";
import { PayByCard } from "../../components/PayByCard";
import type { Payment } from "../../lib/payment";
import { Link } from "../../lib/router";
import type { Plan } from "../../lib/shapes";

type Props = {
  heading: Ref<HTMLHeadingElement>;
  plan: Plan;
  email: string;
  payment: Payment;
  onPay: (payment_method: string) => void;
};

export function PaymentStep({ heading, plan, email, payment, onPay }: Props) {
  const taken = payment.problem?.type === "email-taken";
  return (
    <div className="stack">
      <h1 ref={heading} tabIndex={-1}>
        Pay by card
      </h1>
      <PayByCard
        plan={plan}
        payment={payment}
        onPay={onPay}
        otherPlan={<Link to="/signup?step=plan">Change the plan</Link>}
        remedy={taken && <Link to={`/login?email=${encodeURIComponent(email)}`}>Log in</Link>}
      />
    </div>
  );
}
