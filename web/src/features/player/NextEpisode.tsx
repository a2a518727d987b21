import { useEffect, useRef, useState } from "react";
import { Button, LinkButton } from "../../components/Button";
import { Poster } from "../../components/Poster";
import { fullTitle } from "../../lib/format";
import { navigate } from "../../lib/router";
import type { Item } from "../../lib/shapes";

const WAIT_S = 10;

/** Seconds until `act`, one less every second; null once it is cancelled. */
function useCountdown(act: () => void) {
  const [left, setLeft] = useState<number | null>(WAIT_S);
  useEffect(() => {
    if (left === null) return;
    if (left === 0) return act();
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left, act]);
  return { left, cancel: () => setLeft(null) };
}

/** After an episode: the next one, which begins by itself unless the viewer says otherwise. */
export function NextEpisode({ next, onLeave }: { next: Item; onLeave: () => void }) {
  const to = `/watch/${next.id}`;
  const [go] = useState(() => () => navigate(to, { replace: true }));
  const { left, cancel } = useCountdown(go);
  const play = useRef<HTMLDivElement>(null);
  useEffect(() => play.current?.querySelector("a")?.focus(), []);
  const name = fullTitle({ title: next.title, episode: next.episode ?? null });
  return (
    <section className="player-end" aria-label="Next episode">
      <div className="next-picture">
        <Poster id={next.id} title={next.title} url={next.poster_url} sizes="320px" eager />
      </div>
      <h2>{name}</h2>
      <p className="muted" role="status">
        {left === null ? "It does not begin by itself." : `The next episode begins in ${WAIT_S} seconds.`}
      </p>
      <div className="actions centred" ref={play}>
        <LinkButton kind="primary" to={to} onClick={(event) => (event.preventDefault(), go())}>
          Play now
          {left !== null && <span aria-hidden="true"> ({left})</span>}
        </LinkButton>
        {left !== null ? <Button onClick={cancel}>Cancel</Button> : <Button onClick={onLeave}>Back to the series</Button>}
      </div>
    </section>
  );
}
