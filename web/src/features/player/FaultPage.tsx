import { type ReactNode, useEffect } from "react";
import { Button } from "../../components/Button";
import { report } from "../../lib/beacon";
import type { Fault } from "./fault";

type Props = { fault: Fault; onRetry: () => void; onLeave: () => void };

const LOOPBACK = /^(localhost|127\.|\[?::1)/;

/** What to try when the browser cannot reach an appliance, by what its address gives away. */
function Hints({ address }: { address: URL }) {
  const mixed = location.protocol === "https:" && address.protocol === "http:";
  const elsewhere = LOOPBACK.test(address.hostname) && !LOOPBACK.test(location.hostname);
  return (
    <ul>
      {mixed && (
        <li>
          This page came by https, the appliance is at http: browsers refuse that mixture. Give the appliance https too, or
          open Matinee by http.
        </li>
      )}
      {elsewhere && (
        <li>
          <code>{address.hostname}</code> means “this very device”. Start Matinee so that it is reachable from other devices
          (<code>--host</code>), and open it by that machine’s own name or address.
        </li>
      )}
      <li>
        Open port <code>{address.port || (address.protocol === "https:" ? "443" : "80")}</code> on{" "}
        <code>{address.hostname}</code>: a firewall often lets the page through and not the film.
      </li>
      <li>Check that this device is on the same network, and that no VPN or blocker stands in between.</li>
      <li>Check on that machine that Matinee’s appliances run.</li>
    </ul>
  );
}

function Addresses({ appliances }: { appliances: readonly string[] }) {
  const [first] = appliances;
  return (
    <>
      <ul className="fault-addresses">
        {appliances.map((url) => (
          <li key={url}>
            <code>{new URL(url).host}</code>
          </li>
        ))}
      </ul>
      {first !== undefined && <Hints address={new URL(first)} />}
    </>
  );
}

function explain(fault: Fault): { title: string; text: ReactNode } {
  switch (fault.kind) {
    case "unreachable":
      return {
        title: "The film cannot be reached",
        text: (
          <>
            <p>Your browser gets no answer from {fault.appliances.length === 1 ? "the appliance" : "any of the appliances"} that would send the film:</p>
            <Addresses appliances={fault.appliances} />
          </>
        ),
      };
    case "blocked":
      return {
        title: "The film’s address is not allowed on this page",
        text: (
          <>
            <p>This page may not load from these appliances, though it was loaded anew:</p>
            <Addresses appliances={fault.appliances} />
          </>
        ),
      };
    case "refused":
      return {
        title: "This viewing has ended",
        text: <p>Its pass no longer counts: it ran out, the device was signed out, or the film was withdrawn. Start it again.</p>,
      };
    case "insecure":
      return {
        title: "This film needs a secure connection",
        text: <p>It is encrypted, and browsers decrypt only by https or at localhost. Open Matinee by its https address.</p>,
      };
    case "locked":
      return {
        title: "This browser cannot unlock the film",
        text: (
          <>
            <p>The film is encrypted, and this browser got no key for it, or has no Clear Key module. Try again, or another up-to-date browser.</p>
            <p className="muted small">{fault.detail}</p>
          </>
        ),
      };
    case "manifest":
      return { title: "The film could not be opened", text: <p>Matinee did not send the film’s table of contents. Try again in a moment.</p> };
    case "unplayable":
      return {
        title: "This browser cannot play the film",
        text: (
          <>
            <p>Try again, or another up-to-date browser.</p>
            <p className="muted small">{fault.detail}</p>
          </>
        ),
      };
  }
}

export function FaultPage({ fault, onRetry, onLeave }: Props) {
  useEffect(() => report({ kind: "error", name: `player.${fault.kind}`, data: { ...fault } }), [fault]);
  const { title, text } = explain(fault);
  return (
    <main className="player-problem">
      <div role="alert">
        <h1>{title}</h1>
        {text}
        <div className="actions">
          <Button kind="primary" onClick={onRetry}>
            Try again
          </Button>
          <Button onClick={onLeave}>Back</Button>
        </div>
      </div>
    </main>
  );
}
