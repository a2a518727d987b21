/** What was found in a film, a sentence each. */
export function Notes({ notes = [] }: { notes?: string[] | undefined }) {
  if (notes.length === 0) return null;
  return (
    <ul className="notes small muted">
      {[...new Set(notes)].map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
