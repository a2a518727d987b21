import { type KeyboardEvent, useEffect, useId, useRef } from "react";
import { Icon, type IconName } from "../../components/Icon";
import type { Choice } from "./tracks";

export type Group = { name: string; choices: Choice[] };

type Props = {
  name: string;
  icon: IconName;
  groups: Group[];
  open: boolean;
  onOpen: (open: boolean) => void;
};

const STEPS: Record<string, (now: number, count: number) => number> = {
  ArrowDown: (now, count) => (now + 1) % count,
  ArrowUp: (now, count) => (now - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

function move(event: KeyboardEvent<HTMLElement>) {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitemradio]")];
  const now = items.findIndex((item) => item === document.activeElement);
  items[step(now, items.length)]?.focus();
}

function Choices({ choices, onChosen }: { choices: Choice[]; onChosen: () => void }) {
  return choices.map((choice) => (
    <li key={choice.id} role="none">
      <button
        type="button"
        role="menuitemradio"
        aria-checked={choice.active}
        tabIndex={-1}
        onClick={() => {
          choice.choose();
          onChosen();
        }}
      >
        <span className="track-check">{choice.active && <Icon name="check" size={18} />}</span>
        <span lang={choice.language}>{choice.label}</span>
        {choice.detail && <span className="track-detail">{choice.detail}</span>}
      </button>
    </li>
  ));
}

/** A button with a menu; of each group one is on. */
export function TrackMenu({ name, icon, groups, open, onOpen }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();
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
  const press = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === "Tab") onOpen(false);
    if (event.key !== "Escape") return move(event);
    event.preventDefault();
    close();
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
        <div ref={menu} role="menu" aria-label={name} tabIndex={-1} onKeyDown={press}>
          {groups.map((group) => (
            <div key={group.name} className="track-group">
              {groups.length > 1 && <div id={`${id}${group.name}`}>{group.name}</div>}
              <ul role="group" aria-labelledby={groups.length > 1 ? `${id}${group.name}` : undefined}>
                <Choices choices={group.choices} onChosen={close} />
              </ul>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
