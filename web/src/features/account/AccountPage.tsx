import { useQuery } from "@tanstack/react-query";
import { LinkButton } from "../../components/Button";
import { Failed, Notice } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { account } from "../../lib/calls/membership";
import { usePageTitle } from "../../lib/page";
import { isLimited, useMember } from "../../lib/session";
import { Avatar } from "../../components/Avatar";
import { CardSection } from "./CardSection";
import { DevicesSection } from "./DevicesSection";
import { InvoicesSection } from "./InvoicesSection";
import { hasEnded, isGift } from "./membership";
import { PlanSection } from "./PlanSection";
import "./account.css";

function ProfilesSection() {
  const { profiles } = useMember();
  return (
    <section className="panel" aria-labelledby="profiles-heading">
      <h2 id="profiles-heading">Profiles</h2>
      <ul className="list">
        {profiles.map((profile) => (
          <li key={profile.id} className="list-item">
            <Avatar name={profile.name} avatar={profile.avatar} />
            <div className="list-main">
              <strong>{profile.name}</strong>
            </div>
          </li>
        ))}
      </ul>
      <LinkButton to="/profiles/manage">Manage profiles</LinkButton>
    </section>
  );
}

export default function AccountPage() {
  usePageTitle("Account");
  const { profile } = useMember();
  const page = useQuery({ queryKey: ["account"], queryFn: account });
  const subscription = page.data?.subscription ?? null;
  const gift = subscription !== null && isGift(subscription);
  if (isLimited(profile)) {
    return (
      <div className="middle">
        <h1>Account</h1>
        <Notice>The account is looked after from a profile without an age limit.</Notice>
        <LinkButton kind="primary" to="/profiles">
          Switch profile
        </LinkButton>
      </div>
    );
  }
  return (
    <div className="middle">
      <h1>Account</h1>
      {page.isPending && <SkeletonLines />}
      {page.isError && <Failed what="Your account" error={page.error} retry={() => void page.refetch()} />}
      {page.data && (
        <>
          <p className="muted">
            {page.data.account.name} · {page.data.account.email}
          </p>
          <PlanSection subscription={subscription} />
          {subscription && !gift && !hasEnded(subscription) && <CardSection subscription={subscription} />}
          {!gift && <InvoicesSection />}
          <ProfilesSection />
          <DevicesSection />
        </>
      )}
    </div>
  );
}
