import type { ReactNode } from "react";

/** A word in the corner that interrupts nothing; it stays until it is put away. */
export function Toast({ children, close }: { children: ReactNode; close: () => void }) {
  return (
    <div className="toast" role="status">
      <p>{children}</p>
      <button type="button" className="button quiet" onClick={close}>
        Close
      </button>
    </div>
  );
}
