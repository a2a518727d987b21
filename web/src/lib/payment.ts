import { useCallback, useRef, useState } from "react";
import { type Problem, problemOf } from "./problem";
import { randomHex } from "./random";

/** A request that costs money. Repeats of one body carry one Idempotency-Key, so that none is charged twice; another body,
 * or a new try after a decline, is a new request. While the bank asks, `challengeUrl` is its page. */
export function usePayment<Body, Result>(send: (key: string, body: Body) => Promise<Result>, done: (result: Result) => void) {
  const attempt = useRef<{ key: string; body: Body } | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [challengeUrl, setChallengeUrl] = useState<string | null>(null);

  const run = useCallback(async () => {
    const { key, body } = attempt.current ?? {};
    if (key === undefined) return;
    setBusy(true);
    setProblem(null);
    try {
      const result = await send(key, body as Body);
      attempt.current = null;
      done(result);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.type === "challenge-required" && typeof problem.extra.challenge_url === "string") {
        setChallengeUrl(problem.extra.challenge_url);
      } else {
        if (problem.status >= 400 && problem.status < 500) attempt.current = null;
        setProblem(problem);
      }
    } finally {
      setBusy(false);
    }
  }, [send, done]);

  const submit = useCallback(
    (body: Body) => {
      const same = attempt.current && JSON.stringify(attempt.current.body) === JSON.stringify(body);
      if (!same) attempt.current = { key: randomHex(), body };
      void run();
    },
    [run],
  );
  const challengeAnswered = useCallback(() => {
    setChallengeUrl(null);
    void run();
  }, [run]);
  const challengeClosed = useCallback(() => setChallengeUrl(null), []);
  const forget = useCallback(() => setProblem(null), []);
  return { submit, busy, problem, forget, challengeUrl, challengeAnswered, challengeClosed };
}

export type Payment = Omit<ReturnType<typeof usePayment>, "submit">;

const DECLINES: Record<string, string> = {
  generic_decline: "The bank declined this card. Try another card.",
  insufficient_funds: "There is not enough money on this card. Try another card.",
  expired_card: "This card has expired. Try another card.",
  incorrect_cvc: "The security code does not fit this card. Enter it again, or try another card.",
  authentication_failed: "The bank did not get your confirmation. Try again or use another card.",
};

/** A payment's problem in a sentence for the card's owner. */
export function paymentSentence(problem: Problem): string {
  if (problem.type !== "card-declined") return problem.detail;
  return DECLINES[String(problem.extra.code)] ?? "The card was declined. Try another card.";
}
