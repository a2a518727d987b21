import { leave } from "../../lib/calls/play";

/** Loads the page again, at most once for an appliance in one tab. */
export function reloadOnce(appliance: string, session_id: string): void {
  const guard = `matinee.reloaded:${appliance}`;
  if (sessionStorage.getItem(guard)) return;
  sessionStorage.setItem(guard, new Date().toISOString());
  void leave(session_id);
  location.reload();
}
