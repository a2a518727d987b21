import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { Button, LinkButton } from "../../components/Button";
import { report } from "../../lib/beacon";
import { title } from "../../lib/calls/discovery";
import { deviceName } from "../../lib/device";
import { moment } from "../../lib/format";
import type { Problem } from "../../lib/problem";

type Stream = { session_id: string; title_id: string; device: string; started_at: string; title?: string };
type Page = { title: string; text: ReactNode; action?: ReactNode; retry?: boolean };

function isStream(value: unknown): value is Stream {
  return typeof value === "object" && value !== null && "title_id" in value && "device" in value;
}

function Playing({ stream }: { stream: Stream }) {
  const film = useQuery({
    queryKey: ["title", stream.title_id],
    queryFn: () => title(stream.title_id),
    enabled: !stream.title,
    retry: false,
  });
  return (
    <li>
      <strong>{stream.title ?? film.data?.title ?? "A film"}</strong> on {deviceName(stream.device)}
      {stream.started_at && <span className="muted"> since {moment(stream.started_at)}</span>}
    </li>
  );
}

function tooManyStreams({ extra }: Problem): Page {
  const streams = Array.isArray(extra.streams) ? extra.streams.filter(isStream) : [];
  return {
    title: "All your screens are in use",
    retry: true,
    text: (
      <>
        <p>Your plan plays on so many devices at once and no more. Playing now:</p>
        <ul className="streams">
          {streams.map((stream) => (
            <Playing key={stream.session_id} stream={stream} />
          ))}
        </ul>
        <p>Stop one of them and try again; a device that was switched off frees its place within a few seconds.</p>
      </>
    ),
    action: <LinkButton to="/account">See your devices</LinkButton>,
  };
}

const PAGES: Record<string, (problem: Problem) => Page> = {
  "too-many-streams": tooManyStreams,
  "subscription-required": () => ({
    title: "Your membership does not run now",
    text: <p>The last payment is missing or the membership has ended. Put it right or start again in your account; everything you watched is still there.</p>,
    action: (
      <LinkButton kind="primary" to={`/account?next=${encodeURIComponent(location.pathname)}`}>
        Go to your account
      </LinkButton>
    ),
  }),
  maturity: () => ({
    title: "Not for this profile",
    text: <p>This film lies above the profile’s age limit.</p>,
    action: (
      <LinkButton kind="primary" to="/profiles">
        Switch profile
      </LinkButton>
    ),
  }),
  "not-in-region": () => ({
    title: "Not available where you are",
    text: <p>The rights to this film do not cover the country you are in now. At home it may play again.</p>,
  }),
  "not-yet-available": () => ({ title: "Not showing yet", retry: true, text: <p>This film has not started its run. Come back later.</p> }),
  "not-playable": () => ({ title: "Still in preparation", retry: true, text: <p>This film is being made ready. Try again in a few minutes.</p> }),
  "no-such-title": () => ({ title: "This film is not here", text: <p>It may have been withdrawn, or it is not for this profile.</p> }),
  "no-such-session": () => ({
    title: "This viewing has ended",
    retry: true,
    text: <p>It was ended from elsewhere: the device was signed out, another screen took its place, or the film was withdrawn.</p>,
  }),
  "no-suitable-file": () => ({ title: "This device cannot play the film", text: <p>It plays none of the film’s formats. Try another browser or device.</p> }),
  "no-appliance": () => ({
    title: "No appliance can send this film now",
    retry: true,
    text: <p>All appliances are down or busy. They come back by themselves as a rule; try again in a moment.</p>,
  }),
  "secure-context-required": () => ({
    title: "This film needs a secure connection",
    text: <p>It is protected, and browsers play such films only by https or at localhost. Open Matinee by its https address.</p>,
  }),
  unauthenticated: () => ({
    title: "You are logged out",
    text: <p>This device was signed out. Log in to go on watching.</p>,
    action: (
      <LinkButton kind="primary" to={`/login?next=${encodeURIComponent(location.pathname)}`}>
        Log in
      </LinkButton>
    ),
  }),
  unreachable: () => ({ title: "Matinee cannot be reached", retry: true, text: <p>Check the connection and try again.</p> }),
};

type Props = { problem: Problem; title_id: string; onRetry: () => void; onLeave: () => void };

/** Why the film does not play, and what to do about it. */
export function ProblemPage({ problem, title_id, onRetry, onLeave }: Props) {
  useEffect(() => report({ kind: "error", name: "play", title_id, data: { type: problem.type } }), [problem, title_id]);
  const page: Page = PAGES[problem.type]?.(problem) ?? {
    title: "The film could not be started",
    retry: true,
    text: <p>{problem.detail}</p>,
  };
  return (
    <main className="player-problem">
      <div role="alert">
        <h1>{page.title}</h1>
        {page.text}
        <div className="actions">
          {page.retry && (
            <Button kind="primary" onClick={onRetry}>
              Try again
            </Button>
          )}
          {page.action}
          <Button onClick={onLeave}>Back</Button>
        </div>
      </div>
    </main>
  );
}
