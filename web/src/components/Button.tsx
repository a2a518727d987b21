import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Link } from "../lib/router";

type Kind = "primary" | "quiet" | "danger" | "plain";
type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { kind?: Kind; busy?: boolean; ref?: Ref<HTMLButtonElement> };

/** While `busy` it cannot be pressed again, and keeps the focus. */
export function Button({ kind = "quiet", busy = false, className = "", onClick, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`button ${kind} ${className}`}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {busy && <span className="button-spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string; kind?: Kind; children: ReactNode };

export function LinkButton({ kind = "quiet", className = "", ...rest }: LinkProps) {
  return <Link className={`button ${kind} ${className}`} {...rest} />;
}
