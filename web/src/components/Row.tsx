import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useId, useRef, useState } from "react";
import { Icon } from "./Icon";

/** Which ends of the track are out of sight, so that a button may lead there. */
function useEnds() {
  const track = useRef<HTMLUListElement>(null);
  const [ends, setEnds] = useState({ left: false, right: false });
  useEffect(() => {
    const list = track.current;
    if (!list) return;
    const look = () => {
      const left = list.scrollLeft > 4;
      const right = list.scrollLeft + list.clientWidth < list.scrollWidth - 4;
      setEnds((now) => (now.left === left && now.right === right ? now : { left, right }));
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(list);
    list.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      list.removeEventListener("scroll", look);
    };
  }, []);
  return { track, ends };
}

/** Left and right go from card to card, as with a remote control. */
function step(event: KeyboardEvent<HTMLUListElement>) {
  const way = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (way === 0 || !(event.target instanceof HTMLElement)) return;
  const card = event.target.closest("li");
  const next = way > 0 ? card?.nextElementSibling : card?.previousElementSibling;
  const link = next?.querySelector<HTMLElement>("a, button");
  if (!link) return;
  event.preventDefault();
  link.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** A shelf of cards that scrolls sideways by touch, wheel, keyboard and two buttons. */
export function Row({ title, reason, children }: { title: string; reason?: string; children: ReactNode }) {
  const heading = useId();
  const { track, ends } = useEnds();
  const turn = useCallback(
    (way: number) => track.current?.scrollBy({ left: way * track.current.clientWidth * 0.85 }),
    [track],
  );
  return (
    <section className="row" aria-labelledby={heading}>
      <div className="row-head">
        <h2 id={heading}>{title}</h2>
        {reason && <p className="row-reason">{reason}</p>}
      </div>
      <div className="row-window">
        <ul className="row-track" ref={track} onKeyDown={step}>
          {children}
        </ul>
        {ends.left && (
          <button type="button" className="row-turn left" tabIndex={-1} aria-label={`${title}: back`} onClick={() => turn(-1)}>
            <Icon name="left" size={32} />
          </button>
        )}
        {ends.right && (
          <button type="button" className="row-turn right" tabIndex={-1} aria-label={`${title}: on`} onClick={() => turn(1)}>
            <Icon name="right" size={32} />
          </button>
        )}
      </div>
    </section>
  );
}
