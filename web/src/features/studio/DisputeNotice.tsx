import { Button } from "../../components/Button";
import { language } from "../../lib/format";
import { type Edited, partName, partsOf } from "./edited";
import type { Dispute } from "./useEditing";

/** A part as a person reads it. */
function shown(edited: Edited, part: string): string {
  if (part === "place") {
    const { series_id, season, number } = edited;
    return series_id ? `Season ${season}, episode ${number}` : "No series";
  }
  if (part === "countries") return edited.everywhere ? "Everywhere" : edited.territories.join(", ");
  if (part.startsWith("words.")) {
    const words = edited.words[part.slice("words.".length)];
    return words ? [words.title, words.synopsis].filter(Boolean).join(": ") : "Removed";
  }
  return partsOf(edited).get(part) || "Nothing";
}

/** What someone else saved while this was being written, beside one's own: nothing is overwritten unseen. */
export function DisputeNotice({ dispute, onSettle }: { dispute: Dispute; onSettle: (part: string, take: boolean) => void }) {
  return (
    <div className="notice error" role="alert">
      <p>
        <strong>Someone else has saved this title meanwhile.</strong> Choose what is to stand, then save.
      </p>
      <ul className="list">
        {dispute.parts.map((part) => {
          const name = partName(part, language);
          return (
            <li key={part} className="list-item">
              <div className="list-main">
                <strong>{name}</strong>
                <span>Theirs: {shown(dispute.theirs, part)}</span>
                <span>Yours: {shown(dispute.mine, part)}</span>
              </div>
              <div className="list-actions">
                <Button aria-label={`Take theirs: ${name}`} onClick={() => onSettle(part, true)}>
                  Take theirs
                </Button>
                <Button aria-label={`Keep mine: ${name}`} onClick={() => onSettle(part, false)}>
                  Keep mine
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
