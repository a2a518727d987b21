import { useQuery } from "@tanstack/react-query";
import { LinkButton } from "../../components/Button";
import { Mark } from "../../components/Logo";
import { plans } from "../../lib/calls/membership";
import { money } from "../../lib/format";
import { usePageTitle } from "../../lib/page";
import "./signup.css";

const PROMISES = [
  ["Start anywhere", "Leave on the laptop, go on from the same second on the phone."],
  ["One house, many tastes", "A profile for everyone, with an age limit where it is wanted."],
  ["No small print", "Pay by the month. Cancel in two clicks, and take it back in one."],
] as const;

export function Landing() {
  usePageTitle("");
  const offer = useQuery({ queryKey: ["plans"], queryFn: plans });
  const cheapest = offer.data?.plans.reduce((a, b) => (a.price.amount <= b.price.amount ? a : b));
  return (
    <div className="landing">
      <section className="landing-hero">
        <div className="landing-sun" aria-hidden="true">
          <Mark size={420} />
        </div>
        <h1>The lights go down whenever you like.</h1>
        <p className="lead">
          Matinee is a house of films for its members: pick something, press play, and it is there on any screen you own.
        </p>
        <div className="actions">
          <LinkButton kind="primary" className="large" to="/signup">
            Sign up
          </LinkButton>
          <LinkButton className="large" to="/login">
            Log in
          </LinkButton>
        </div>
        {cheapest && <p className="muted">From {money(cheapest.price)} a month.</p>}
      </section>
      <ul className="landing-promises">
        {PROMISES.map(([title, text]) => (
          <li key={title}>
            <h2>{title}</h2>
            <p>{text}</p>
          </li>
        ))}
      </ul>
    </div>
  );
}
