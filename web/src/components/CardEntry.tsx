import { useQuery } from "@tanstack/react-query";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { plans } from "../lib/calls/membership";
import { useFrameMessages } from "../lib/page";
import { Failed, Notice } from "./Notice";
import { Spinner } from "./Skeleton";

export type EnteredCard = { payment_method: string; card: string };

/** The payment provider's own page in a frame: card numbers never pass through ours, which gets a token. */
export function CardEntry({ onCard }: { onCard: (card: EnteredCard) => void }) {
  const offer = useQuery({ queryKey: ["plans"], queryFn: plans });
  if (offer.isPending) return <Spinner label="Loading the card form" />;
  if (offer.isError) return <Failed what="The card form" error={offer.error} retry={() => void offer.refetch()} />;
  if (offer.data.payment_page_url === null) {
    return <Notice tone="error">Cards cannot be taken on this page: its payment provider ({offer.data.provider}) is not set up here.</Notice>;
  }
  return <CardFrame page={offer.data.payment_page_url} onCard={onCard} />;
}

function CardFrame({ page, onCard }: { page: string; onCard: (card: EnteredCard) => void }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [loaded, setLoaded] = useState(false);
  const height = useContentHeight(frame, loaded);
  const url = new URL(page, location.origin);
  const take = useCallback(
    (data: Record<string, unknown>) => {
      if (data.type !== "matinee.payment_method" || typeof data.payment_method !== "string") return;
      onCard({ payment_method: data.payment_method, card: typeof data.card === "string" ? data.card : "Card" });
    },
    [onCard],
  );
  useFrameMessages(frame, url.origin, take);
  return (
    <div className="provider-frame" aria-busy={!loaded}>
      {!loaded && <Spinner label="Loading the card form" />}
      <iframe ref={frame} src={url.href} title="Card details" style={{ height }} onLoad={() => setLoaded(true)} />
    </div>
  );
}

/** As high as its content where the page in the frame is of this very site (the simulated provider's); else as styled. */
function useContentHeight(frame: RefObject<HTMLIFrameElement | null>, loaded: boolean): number | undefined {
  const [height, setHeight] = useState<number>();
  useEffect(() => {
    const content = loaded ? frame.current?.contentDocument?.body : null;
    if (!content) return;
    const sizes = new ResizeObserver(() => setHeight(Math.ceil(content.getBoundingClientRect().height)));
    sizes.observe(content);
    return () => sizes.disconnect();
  }, [frame, loaded]);
  return height;
}
