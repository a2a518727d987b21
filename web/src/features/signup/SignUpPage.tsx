import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { usePageTitle } from "../../lib/page";
import { signUp } from "../../lib/calls/membership";
import { usePayment } from "../../lib/payment";
import { navigate, useQueryParam } from "../../lib/router";
import { refreshSession } from "../../lib/session";
import type { Plan, SignupBody } from "../../lib/shapes";
import { AccountStep, type Credentials } from "./AccountStep";
import { PaymentStep } from "./PaymentStep";
import { PlanStep } from "./PlanStep";
import "./signup.css";

const STEPS = ["plan", "account", "card"] as const;
const NAMES = { plan: "Plan", account: "Account", card: "Card" };
type Step = (typeof STEPS)[number];

/** Plan, then account, then card; the step stands in the address, so that Back goes one step back. */
export function SignUpPage() {
  usePageTitle("Sign up");
  const queries = useQueryClient();
  const [plan, setPlan] = useState<Plan | null>(null);
  const [credentials, setCredentials] = useState<Credentials | null>(null);
  const finished = useCallback(async () => {
    await refreshSession(queries);
    navigate("/profiles?welcome=1", { replace: true });
  }, [queries]);
  const payment = usePayment<SignupBody, unknown>(signUp, finished);

  const wanted = useQueryParam("step");
  const reached: Step = !plan ? "plan" : !credentials ? "account" : "card";
  const asked = STEPS.find((name) => name === wanted) ?? "plan";
  const step = STEPS[Math.min(STEPS.indexOf(asked), STEPS.indexOf(reached))] ?? "plan";

  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, [step]);

  return (
    <div className={step === "plan" ? "middle" : "narrow"}>
      <ol className="steps" aria-label="Steps">
        {STEPS.map((name) => (
          <li key={name} aria-current={name === step ? "step" : undefined}>
            {NAMES[name]}
          </li>
        ))}
      </ol>
      {step === "plan" && (
        <PlanStep
          heading={heading}
          chosen={plan?.id ?? null}
          onChoose={(chosen) => {
            setPlan(chosen);
            navigate("/signup?step=account");
          }}
        />
      )}
      {step === "account" && (
        <AccountStep
          heading={heading}
          given={credentials}
          onDone={(given) => {
            setCredentials(given);
            navigate("/signup?step=card");
          }}
        />
      )}
      {step === "card" && plan && credentials && (
        <PaymentStep
          heading={heading}
          plan={plan}
          payment={payment}
          email={credentials.email}
          onPay={(payment_method) => payment.submit({ ...credentials, plan: plan.id, payment_method })}
        />
      )}
    </div>
  );
}
