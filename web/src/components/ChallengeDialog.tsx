import { useCallback, useRef } from "react";
import { useFrameMessages } from "../lib/page";
import { Dialog } from "./Dialog";

type Props = { url: string; onAnswer: (approved: boolean) => void; onClose: () => void };

/** The bank's page, where the card's owner confirms a payment. */
export function ChallengeDialog({ url, onAnswer, onClose }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const page = new URL(url, location.origin);
  const take = useCallback(
    (data: Record<string, unknown>) => {
      if (data.type === "matinee.challenge") onAnswer(data.approved === true);
    },
    [onAnswer],
  );
  useFrameMessages(frame, page.origin, take);
  return (
    <Dialog title="Your bank asks you to confirm" onClose={onClose}>
      <div className="provider-frame small">
        <iframe ref={frame} src={page.href} title="Confirm the payment" />
      </div>
    </Dialog>
  );
}
