import type { Finding } from "../../lib/shapes";

/** What its editor should know of a film, a sentence each; then what was mended, which nobody need look after. */
export function Findings({ findings = [] }: { findings?: Finding[] | undefined }) {
  if (findings.length === 0) return null;
  const open = new Set(findings.filter(({ mended }) => !mended).map(({ message }) => message));
  const mended = new Set(findings.filter(({ mended }) => mended).map(({ message }) => message));
  return (
    <ul className="notes small muted">
      {[...open].map((message) => (
        <li key={message}>{message}</li>
      ))}
      {[...mended].map((message) => (
        <li key={message}>Mended: {message}</li>
      ))}
    </ul>
  );
}
