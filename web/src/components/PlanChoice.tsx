import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { plans } from "../lib/calls/membership";
import { money } from "../lib/format";
import type { Plan } from "../lib/shapes";
import { Button } from "./Button";
import { Failed } from "./Notice";
import { Spinner } from "./Skeleton";

function picture(height: number): string {
  if (height >= 2160) return "Up to 4K";
  return height >= 1080 ? "Full HD (1080p)" : height >= 720 ? "HD (720p)" : `Up to ${height}p`;
}

type OptionProps = { plan: Plan; checked: boolean; onCheck: () => void };

function Option({ plan, checked, onCheck }: OptionProps) {
  return (
    <label className="plan">
      <input type="radio" name="plan" value={plan.id} aria-label={plan.name} checked={checked} onChange={onCheck} />
      <span className="plan-name">{plan.name}</span>
      <span className="plan-price">
        {money(plan.price)} <small>a month</small>
      </span>
      <span>{picture(plan.max_height)}</span>
      <span>{plan.streams === 1 ? "One screen at a time" : `${plan.streams} screens at a time`}</span>
    </label>
  );
}

type Props = { chosen: string | null; onChoose: (plan: Plan) => void; children?: ReactNode };

/** The plans on sale with their prices, one of them chosen; `children` stand above them. */
export function PlanChoice({ chosen, onChoose, children }: Props) {
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
      {children}
      <fieldset className="plans">
        <legend className="sr-only">Plan</legend>
        {list.map((one) => (
          <Option key={one.id} plan={one} checked={one.id === plan?.id} onCheck={() => setId(one.id)} />
        ))}
      </fieldset>
      <div className="actions">
        <Button type="submit" kind="primary" className="large">
          Continue
        </Button>
      </div>
    </form>
  );
}
