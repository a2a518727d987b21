import { type ReactNode, useEffect, useRef, useState } from "react";
import { Avatar } from "../components/Avatar";
import { Icon } from "../components/Icon";
import { Logo } from "../components/Logo";
import { Link, usePath } from "../lib/router";
import { hasRole, isEditor, useLogOut } from "../lib/session";
import type { Session } from "../lib/shapes";

function NavLink({ to, className, children }: { to: string; className?: string; children: ReactNode }) {
  const path = usePath();
  const here = to === "/" ? path === "/" : path.startsWith(to);
  return (
    <Link to={to} className={className} aria-current={here ? "page" : undefined}>
      {children}
    </Link>
  );
}

function Personal({ session }: { session: Session }) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const path = usePath();
  const leaving = useLogOut();
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      const outside = event.type === "pointerdown" && !box.current?.contains(event.target as Node);
      if (outside || (event instanceof KeyboardEvent && event.key === "Escape")) setOpen(false);
    };
    window.addEventListener("pointerdown", close);
    window.addEventListener("keydown", close);
    return () => {
      window.removeEventListener("pointerdown", close);
      window.removeEventListener("keydown", close);
    };
  }, [open]);
  const { profile, account } = session;
  return (
    <div className="personal" ref={box}>
      <button
        type="button"
        className="personal-button"
        aria-expanded={open}
        aria-label="Your menu"
        onClick={() => setOpen(!open)}
      >
        <Avatar name={profile?.name ?? account.name} avatar={profile?.avatar ?? 0} />
      </button>
      {open && (
        <nav className="personal-menu" aria-label="Personal">
          <Link to="/profiles">Switch profile</Link>
          <Link to="/profiles/manage">Manage profiles</Link>
          <Link to="/account">Account</Link>
          {hasRole(session, "operator") && <Link to="/operations">Operations</Link>}
          <button type="button" onClick={() => leaving.mutate()}>
            Log out
          </button>
        </nav>
      )}
    </div>
  );
}

function Head({ session }: { session: Session | null }) {
  return (
    <header className="head">
      <Link to="/" aria-label="Matinee">
        <Logo />
      </Link>
      {session?.profile && (
        <nav className="head-nav" aria-label="Main">
          <NavLink to="/">Home</NavLink>
          <NavLink to="/genres">Genres</NavLink>
          {isEditor(session) && <NavLink to="/studio">Studio</NavLink>}
          {hasRole(session, "operator") && (
            <NavLink to="/operations" className="roomy-only">
              Operations
            </NavLink>
          )}
        </nav>
      )}
      <div className="head-gap" />
      {session?.profile && (
        <Link to="/search" className="icon-button" aria-label="Search">
          <Icon name="search" />
        </Link>
      )}
      {session ? (
        <Personal session={session} />
      ) : (
        <Link to="/login" className="button quiet">
          Log in
        </Link>
      )}
    </header>
  );
}

/** A new page takes the focus, unless something on it has: the Tab key goes on from what the page shows. */
function useFocusOfNewPage() {
  const main = useRef<HTMLElement>(null);
  const path = usePath();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current !== path && document.activeElement === document.body) main.current?.focus({ preventScroll: true });
    shown.current = path;
  }, [path]);
  return main;
}

/** What stands around every page but the player. */
export function Shell({ session, children }: { session: Session | null; children: ReactNode }) {
  const main = useFocusOfNewPage();
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Head session={session} />
      <main id="main" tabIndex={-1} ref={main}>
        {children}
      </main>
    </>
  );
}
