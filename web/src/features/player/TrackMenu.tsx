import { type KeyboardEvent, useEffect, useRef } from "react";
import { Icon, type IconName } from "../../components/Icon";
import type { Choice } from "./tracks";

type Props = {
  name: string;
  icon: IconName;
  choices: Choice[];
  open: boolean;
  onOpen: (open: boolean) => void;
};

function move(event: KeyboardEvent<HTMLUListElement>) {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitemradio]")];
  const now = items.findIndex((item) => item === document.activeElement);
  const way = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (way === 0) return;
  event.preventDefault();
  items[(now + way + items.length) % items.length]?.focus();
}

/** A button with a menu of which one is on. */
export function TrackMenu({ name, icon, choices, open, onOpen }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (!open) return;
    menu.current?.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
    const outside = (event: globalThis.PointerEvent) => {
      const target = event.target as Node;
      if (!menu.current?.contains(target) && !button.current?.contains(target)) onOpen(false);
    };
    window.addEventListener("pointerdown", outside);
    return () => window.removeEventListener("pointerdown", outside);
  }, [open, onOpen]);
  const close = () => {
    onOpen(false);
    button.current?.focus();
  };
  return (
    <div className="track-menu">
      <button
        ref={button}
        type="button"
        className="icon-button"
        aria-label={name}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => onOpen(!open)}
      >
        <Icon name={icon} />
      </button>
      {open && (
        <ul
          ref={menu}
          role="menu"
          aria-label={name}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.preventDefault();
              close();
            } else move(event);
          }}
        >
          {choices.map((choice) => (
            <li key={choice.id} role="none">
              <button
                type="button"
                role="menuitemradio"
                aria-checked={choice.active}
                onClick={() => {
                  choice.choose();
                  close();
                }}
              >
                <span className="track-check">{choice.active && <Icon name="check" size={18} />}</span>
                {choice.label}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
