import { Icon } from "../../components/Icon";
import { Spinner } from "../../components/Skeleton";

/** Before the first answer: a dark room with a way out. */
export function Opening({ onLeave }: { onLeave: () => void }) {
  return (
    <main className="player">
      <div className="player-top">
        <button type="button" className="icon-button" aria-label="Back" onClick={onLeave}>
          <Icon name="left" size={32} />
        </button>
      </div>
      <Spinner label="Opening the film" />
    </main>
  );
}
