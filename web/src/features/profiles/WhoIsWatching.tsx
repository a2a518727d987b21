import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Avatar } from "../../components/Avatar";
import { LinkButton } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { ErrorNotice } from "../../components/Notice";
import { chooseProfile } from "../../lib/calls/membership";
import { usePageTitle } from "../../lib/page";
import { navigate, safeNext, useQueryParam } from "../../lib/router";
import { adoptProfile, isLimited, useMember } from "../../lib/session";
import type { Profile } from "../../lib/shapes";
import { PinDialog } from "./PinDialog";
import "./profiles.css";

export function WhoIsWatching() {
  usePageTitle("Who is watching?");
  const { profiles, account } = useMember();
  const queries = useQueryClient();
  const next = safeNext(useQueryParam("next"), "/");
  const welcome = useQueryParam("welcome") !== "";
  const [locked, setLocked] = useState<Profile | null>(null);
  const choosing = useMutation({
    mutationFn: ({ profile, pin }: { profile: Profile; pin?: string }) => chooseProfile(profile.id, pin),
    onSuccess: (profile) => {
      adoptProfile(queries, profile);
      navigate(next, { replace: true });
    },
  });
  const choose = (profile: Profile) => {
    choosing.reset();
    if (profile.locked) setLocked(profile);
    else choosing.mutate({ profile });
  };
  return (
    <div className="watching">
      <h1>Who is watching?</h1>
      {welcome && <p className="lead">Welcome, {account.name}. Your first month is paid.</p>}
      {!locked && <ErrorNotice error={choosing.error} />}
      <ul className="watching-list">
        {profiles.map((profile) => (
          <li key={profile.id}>
            <button type="button" className="watching-profile" disabled={choosing.isPending} onClick={() => choose(profile)}>
              <Avatar name={profile.name} avatar={profile.avatar} size="large" />
              <span className="watching-name">
                {profile.name}
                {profile.locked && (
                  <>
                    <Icon name="lock" size={16} />
                    <span className="sr-only"> (needs a PIN)</span>
                  </>
                )}
              </span>
              {isLimited(profile) && (
                <span className="muted small">{profile.maturity === 0 ? "All ages" : `Up to ${profile.maturity}`}</span>
              )}
            </button>
          </li>
        ))}
      </ul>
      <LinkButton to="/profiles/manage">Manage profiles</LinkButton>
      {locked && (
        <PinDialog
          profile={locked}
          busy={choosing.isPending}
          error={choosing.error}
          onPin={(pin) => choosing.mutate({ profile: locked, pin })}
          onClose={() => {
            choosing.reset();
            setLocked(null);
          }}
        />
      )}
    </div>
  );
}
