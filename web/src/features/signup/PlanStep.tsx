import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type Ref, useState } from "react";
import { Button } from "../../components/Button";
import { Failed } from "../../components/Notice";
import { Spinner } from "../../components/Skeleton";
import { plans } from "../../lib/calls/membership";
import { money } from "../../lib/format";
import { Link } from "../../lib/router";
import type { Plan } from "../../lib/shapes";

function picture(height: number): string {
  if (height >= 2160) return "Up to 4K";
  return height >= 1080 ? "Full HD (1080p)" : height >= 720 ? "HD (720p)" : `Up to ${height}p`;
}

type Props = { heading: Ref<HTMLHeadingElement>; chosen: string | null; onChoose: (plan: Plan) => void };

export function PlanStep({ heading, chosen, onChoose }: Props) {
  const offer = useQuery({ queryKey: ["plans"], queryFn: plans });
  const [id, setId] = useState(chosen);
  if (offer.isPending) return <Spinner label="Loading the plans" />;
  if (offer.isError) return <Failed what="The plans" error={offer.error} retry={() => void offer.refetch()} />;
  const list = offer.data.plans;
  const plan = list.find((one) => one.id === id) ?? list[Math.floor((list.length - 1) / 2)];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (plan) onChoose(plan);
  };
  return (
    <form onSubmit={submit}>
      <h1 ref={heading} tabIndex={-1}>
        Choose your plan
      </h1>
      <p className="muted">You can cancel at any time; there is no contract beyond the month.</p>
      <fieldset className="plans">
        <legend className="sr-only">Plan</legend>
        {list.map((one) => (
          <label key={one.id} className="plan">
            <input
              type="radio"
              name="plan"
              value={one.id}
              aria-label={one.name}
              checked={one.id === plan?.id}
              onChange={() => setId(one.id)}
            />
            <span className="plan-name">{one.name}</span>
            <span className="plan-price">
              {money(one.price)} <small>a month</small>
            </span>
            <span>{picture(one.max_height)}</span>
            <span>{one.streams === 1 ? "One screen at a time" : `${one.streams} screens at a time`}</span>
          </label>
        ))}
      </fieldset>
      <div className="actions">
        <Button type="submit" kind="primary" className="large">
          Continue
        </Button>
      </div>
      <p className="muted">
        Already a member? <Link to="/login">Log in</Link>
      </p>
    </form>
  );
}
