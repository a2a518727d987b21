import { Component, type ReactNode } from "react";
import { Button } from "../components/Button";
import { report } from "../lib/beacon";

/** A page that fails says so, and leaves the rest of the client alone. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error) {
    report({ kind: "error", name: "page", data: { message: error.message, path: location.pathname } });
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    const stale = /dynamically imported module|module script/i.test(error.message);
    return (
      <div className="empty" role="alert">
        <h1>{stale ? "Matinee has been updated" : "Something went wrong on this page"}</h1>
        <p>{stale ? "Load the page again to go on." : "It has been reported. Loading the page again may help."}</p>
        <Button kind="primary" onClick={() => location.reload()}>
          Load again
        </Button>
      </div>
    );
  }
}
