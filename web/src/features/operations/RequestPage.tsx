import { useQuery } from "@tanstack/react-query";
import { Empty, Failed } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { request } from "../../lib/calls/traffic";
import { usePageTitle } from "../../lib/page";
import { problemOf } from "../../lib/problem";
import { Link } from "../../lib/router";
import { hasRole, useMember } from "../../lib/session";
import type { Journey } from "../../lib/shapes";
import { words } from "./spans";
import { Waterfall } from "./Waterfall";
import "./operations.css";

const WHY: Record<Journey["why"], string> = {
  slow: "It was slow",
  failed: "It failed",
  sample: "A sample of all requests",
};

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Facts({ journey }: { journey: Journey }) {
  const at = new Date(journey.at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return (
    <dl className="request-facts">
      <Fact name="Ended">
        {journey.status || "no answer"}, {words(journey.category)}
      </Fact>
      <Fact name="At">{at}</Fact>
      <Fact name="Kept because">{WHY[journey.why]}</Fact>
      <Fact name="Route">
        {journey.route || "none"}
        {journey.origin && `, to ${journey.origin}`}
      </Fact>
      <Fact name="Member">{journey.account ? <code>{journey.account}</code> : "Nobody was logged in"}</Fact>
      <Fact name="Gateway">
        {journey.gateway}, zone {journey.zone}
      </Fact>
      <Fact name="Request">
        <code>{journey.id}</code>
      </Fact>
      <Fact name="Trace">
        <code>{journey.trace}</code>
      </Fact>
    </dl>
  );
}

function Found({ journey }: { journey: Journey }) {
  return (
    <>
      <h1 className="request-line">
        {journey.method} {journey.target}
      </h1>
      <section className="panel" aria-labelledby="time-heading">
        <h2 id="time-heading">Where the time went</h2>
        <Waterfall journey={journey} />
      </section>
      <section className="panel" aria-labelledby="facts-heading">
        <h2 id="facts-heading">About it</h2>
        <Facts journey={journey} />
      </section>
    </>
  );
}

export default function RequestPage({ id }: { id: string }) {
  usePageTitle("One request");
  const operator = hasRole(useMember(), "operator");
  const found = useQuery({ queryKey: ["request", id], queryFn: () => request(id), retry: false });
  const unknown = found.isError && problemOf(found.error).type === "no-such-request";
  return (
    <div className="page operations">
      {operator && (
        <p className="crumbs">
          <Link to="/operations">Operations</Link>
        </p>
      )}
      {found.isPending && <SkeletonLines lines={6} />}
      {unknown && (
        <Empty heading="h1" title="This request was not kept">
          <p>Only slow and failed requests are, and a few others, for a week at most. A new one shows up within seconds.</p>
        </Empty>
      )}
      {found.isError && !unknown && <Failed what="The request" error={found.error} retry={() => void found.refetch()} />}
      {found.data && <Found journey={found.data} />}
    </div>
  );
}
