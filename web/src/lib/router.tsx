// The address bar as state: a history of paths, links that do not load the page again, patterns like `/titles/:id`.
import { type AnchorHTMLAttributes, type MouseEvent, type Ref, useCallback, useEffect, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const guards = new Set<() => boolean>(); // each says whether the page may be left
const stays = () => [...guards].some((leave) => !leave());
let here = location.href;
const announce = () => {
  here = location.href;
  for (const listener of listeners) listener();
};
let steps = 0; // that this visit took forward, so that a step back stays with us
window.addEventListener("popstate", () => {
  if (new URL(here).pathname !== location.pathname && stays()) {
    history.pushState(null, "", here); // the step has been taken already: one more leads back
    return;
  }
  steps = Math.max(0, steps - 1);
  announce();
});

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Goes to a path of ours. `replace` leaves no step back to where one was. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  if (new URL(to, here).pathname !== location.pathname && stays()) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  if (!replace) {
    steps += 1;
    window.scrollTo(0, 0);
  }
  announce();
}

/** Back where it was if that is ours, else `otherwise`. */
export function back(otherwise: string): void {
  if (steps > 0) history.back();
  else navigate(otherwise, { replace: true });
}

/** While `held`, the page is left only by who says so to `question`; the browser asks in its own words where it goes elsewhere. */
export function useGuard(held: boolean, question: string): void {
  useEffect(() => {
    if (!held) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    const leave = () => window.confirm(question);
    guards.add(leave);
    window.addEventListener("beforeunload", warn);
    return () => {
      guards.delete(leave);
      window.removeEventListener("beforeunload", warn);
    };
  }, [held, question]);
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

export function useQueryParam(name: string): string {
  return useSyncExternalStore(subscribe, () => new URLSearchParams(location.search).get(name) ?? "");
}

export type Params = Record<string, string>;

/** The parameters of a path that fits the pattern, null where it does not. A trailing slash does not matter. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) {
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) return null;
  }
  return params;
}

/** A path of ours to go on to, from a query parameter that anyone may have written. */
export function safeNext(next: string, otherwise: string): string {
  return /^\/(?![/\\])/.test(next) ? next : otherwise;
}

let preload: (path: string) => void = () => undefined;

/** The app says how a page's code is loaded ahead of its visit. */
export function onPreload(load: (path: string) => void): void {
  preload = load;
}

export function preloadPage(path: string): void {
  preload(path);
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string; ref?: Ref<HTMLAnchorElement> };

export function Link({ to, onClick, ...rest }: LinkProps) {
  const follow = useCallback(
    (event: MouseEvent<HTMLAnchorElement>) => {
      onClick?.(event);
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (event.defaultPrevented || !plain) return;
      event.preventDefault();
      navigate(to);
    },
    [onClick, to],
  );
  return <a href={to} onClick={follow} onPointerEnter={() => preload(to)} onFocus={() => preload(to)} {...rest} />;
}
