import type { Ref } from "react";
import { PlanChoice } from "../../components/PlanChoice";
import { Link } from "../../lib/router";
import type { Plan } from "../../lib/shapes";

type Props = { heading: Ref<HTMLHeadingElement>; chosen: string | null; onChoose: (plan: Plan) => void };

export function PlanStep({ heading, chosen, onChoose }: Props) {
  return (
    <>
      <PlanChoice chosen={chosen} onChoose={onChoose}>
        <h1 ref={heading} tabIndex={-1}>
          Choose your plan
        </h1>
        <p className="muted">You can cancel at any time; there is no contract beyond the month.</p>
      </PlanChoice>
      <p className="muted">
        Already a member? <Link to="/login">Log in</Link>
      </p>
    </>
  );
}
