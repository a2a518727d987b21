import { LinkButton } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Notice } from "../../components/Notice";
import { ProgressBar } from "../../components/Poster";
import { episodeCode, timecode } from "../../lib/format";
import type { Title } from "../../lib/shapes";

type Playable = { id: string; name: string; code: string; position_s: number; duration_s: number };

/** What its buttons play: a film itself, of a series the episode to go on with. */
function playableOf({ id, title, series, resume_position_s, duration_s }: Title): Playable | null {
  if (!series) return { id, name: title, code: "", position_s: resume_position_s, duration_s };
  const next = series.up_next;
  if (!next) return null;
  return {
    id: next.id,
    name: next.title,
    code: ` ${episodeCode(next.episode)}`,
    position_s: next.resume_position_s,
    duration_s: next.duration_s,
  };
}

function Progress({ name, position_s, duration_s, code }: Playable) {
  return (
    <div className="title-progress">
      <ProgressBar value={position_s / duration_s} label={`Watched of ${name}`} />
      <span className="muted small">
        {code && `${code.trim()} ${name}: `}
        {timecode(position_s)} of {timecode(duration_s)}
      </span>
    </div>
  );
}

export function Actions({ title }: { title: Title }) {
  const playable = playableOf(title);
  if (!title.playable || !playable) {
    return <Notice>This film cannot be played yet. It will be ready here as soon as it is prepared.</Notice>;
  }
  const { id, code, position_s, duration_s } = playable;
  const resumable = position_s >= 1 && position_s < duration_s * 0.95;
  const act = resumable ? "Resume" : "Play";
  return (
    <>
      {resumable && <Progress {...playable} />}
      <div className="actions">
        <LinkButton kind="primary" className="large" to={`/watch/${id}`}>
          <Icon name="play" /> {act}
          {code}
        </LinkButton>
        {resumable && (
          <LinkButton className="large" to={`/watch/${id}?from=start`}>
            From the beginning
          </LinkButton>
        )}
      </div>
    </>
  );
}
