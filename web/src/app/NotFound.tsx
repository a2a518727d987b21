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

export function NotForYou() {
  usePageTitle("Not allowed");
  return (
    <Empty heading="h1" title="This page is for editors">
      <p>Your account or this profile may not add or change films.</p>
      <LinkButton kind="primary" to="/">
        Go to the start
      </LinkButton>
    </Empty>
  );
}
