import { LinkButton } from "../components/Button";
import { Empty } from "../components/Notice";
import { usePageTitle } from "../lib/page";

export function NotFound() {
  usePageTitle("Not found");
  return (
    <Empty heading="h1" title="There is no such page">
      <p>The link may be old or mistyped.</p>
      <LinkButton kind="primary" to="/">
        Go to the start
      </LinkButton>
    </Empty>
  );
}

const PLACES = {
  editor: { whom: "editors", why: "Your account or this profile may not add or change films." },
  operator: { whom: "operators", why: "Your account or this profile does not look after the installation." },
  support: { whom: "support", why: "Your account or this profile does not answer members." },
};

export function NotForYou({ to }: { to: keyof typeof PLACES }) {
  usePageTitle("Not allowed");
  const { whom, why } = PLACES[to];
  return (
    <Empty heading="h1" title={`This page is for ${whom}`}>
      <p>{why}</p>
      <LinkButton kind="primary" to="/">
        Go to the start
      </LinkButton>
    </Empty>
  );
}
