import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Toast } from "../components/Toast";
import { forgetNews, hear, isPlayed, type News } from "../lib/push";
import { Link } from "../lib/router";
import { isLimited } from "../lib/session";
import type { Session } from "../lib/shapes";

const PREPARED = ["home", "studio-titles", "studio-preparation"];

/** What is shown of a message, null where it is only acted on. */
function worthShowing({ kind, data }: News, session: Session): "payment" | "taken-over" | null {
  if (kind === "payment-failed" && !isLimited(session.profile)) return "payment";
  if (kind === "stream-taken-over" && isPlayed(data.session_id)) return "taken-over";
  return null;
}

/** What the house tells this browser while it is open: pages look anew, and what concerns the member is said. */
export function Announcements({ session }: { session: Session }) {
  const queries = useQueryClient();
  const [shown, setShown] = useState<{ what: "payment" | "taken-over"; by: string } | null>(null);
  const who = `${session.account.id} ${session.profile?.id ?? ""}`;

  useEffect(() => {
    const stop = new AbortController();
    let later: ReturnType<typeof setTimeout> | undefined;
    const told = (news: News) => {
      const what = worthShowing(news, session);
      if (what) setShown({ what, by: String(news.data.taken_by ?? "") });
      if (news.kind === "payment-failed") void queries.invalidateQueries({ queryKey: ["account"] });
      if (news.kind === "encode-done") for (const key of PREPARED) void queries.invalidateQueries({ queryKey: [key] });
      if (news.kind === "new-rows") {
        const spread = Number(news.data.spread_s) || 20;
        later ??= setTimeout(() => {
          later = undefined;
          void queries.invalidateQueries({ queryKey: ["home"] });
        }, Math.random() * spread * 1000);
      }
    };
    hear(stop.signal, told);
    return () => {
      stop.abort();
      clearTimeout(later);
      forgetNews();
      setShown(null);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- another member or profile, not a session that was read again
  }, [who, queries]);

  if (!shown) return null;
  return (
    <Toast close={() => setShown(null)}>
      {shown.what === "payment" ? (
        <>
          Your last payment did not go through. <Link to="/account">Look at your card</Link>; we try again by ourselves.
        </>
      ) : (
        <>Your stream goes on on another device{shown.by && ` (${shown.by})`}. Only so many can play at a time.</>
      )}
    </Toast>
  );
}
