import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Avatar } from "../../components/Avatar";
import { Button, LinkButton } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { ErrorNotice, Notice } from "../../components/Notice";
import { createProfile, deleteProfile, updateProfile } from "../../lib/calls/membership";
import { usePageTitle } from "../../lib/page";
import { isLimited, refreshSession, useMember } from "../../lib/session";
import type { Profile } from "../../lib/shapes";
import { type Entered, ProfileForm } from "./ProfileForm";
import "./profiles.css";

const MOST = 5;

function create({ pin, ...entered }: Entered) {
  return createProfile(pin ? { ...entered, pin } : entered);
}

function update(id: string, { pin, ...entered }: Entered) {
  return updateProfile(id, pin === null ? entered : { ...entered, pin });
}

function Limit({ profile }: { profile: Profile }) {
  const limit = profile.maturity === 18 ? "No age limit" : profile.maturity === 0 ? "All ages" : `Up to ${profile.maturity}`;
  return <span className="muted small">{profile.locked ? `${limit} · PIN` : limit}</span>;
}

export function ManageProfiles() {
  usePageTitle("Profiles");
  const { profiles, profile: current } = useMember();
  const queries = useQueryClient();
  const [editing, setEditing] = useState<Profile | "new" | null>(null);
  const [removing, setRemoving] = useState<Profile | null>(null);
  const refresh = async () => {
    await refreshSession(queries);
    setEditing(null);
    setRemoving(null);
  };
  const saving = useMutation({
    mutationFn: (entered: Entered) =>
      editing && editing !== "new" ? update(editing.id, entered) : create(entered),
    onSuccess: refresh,
  });
  const deleting = useMutation({ mutationFn: (id: string) => deleteProfile(id), onSuccess: refresh });
  const limited = isLimited(current);
  const free = [0, 1, 2, 3, 4, 5, 6, 7].find((colour) => profiles.every((one) => one.avatar !== colour)) ?? 0;
  return (
    <div className="middle">
      <h1>Profiles</h1>
      {limited && <Notice>Profiles are managed from one without an age limit. Switch to it first.</Notice>}
      <ul className="list">
        {profiles.map((profile) => (
          <li key={profile.id} className="list-item">
            <Avatar name={profile.name} avatar={profile.avatar} />
            <div className="list-main">
              <strong>{profile.name}</strong>
              <Limit profile={profile} />
            </div>
            {!limited && (
              <div className="list-actions">
                <Button aria-label={`Edit ${profile.name}`} onClick={() => (saving.reset(), setEditing(profile))}>
                  Edit
                </Button>
                {profiles.length > 1 && profile.id !== current?.id && (
                  <Button
                    kind="danger"
                    aria-label={`Delete ${profile.name}`}
                    onClick={() => (deleting.reset(), setRemoving(profile))}
                  >
                    Delete
                  </Button>
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
      <div className="actions">
        {!limited && profiles.length < MOST && (
          <Button kind="primary" onClick={() => (saving.reset(), setEditing("new"))}>
            Add a profile
          </Button>
        )}
        <LinkButton to="/profiles">Switch profile</LinkButton>
      </div>
      {editing && (
        <Dialog title={editing === "new" ? "New profile" : `Edit ${editing.name}`} onClose={() => setEditing(null)}>
          <ProfileForm
            profile={editing === "new" ? null : editing}
            colour={free}
            busy={saving.isPending}
            error={saving.error}
            onSave={(entered) => saving.mutate(entered)}
          />
        </Dialog>
      )}
      {removing && (
        <Dialog title={`Delete ${removing.name}?`} onClose={() => setRemoving(null)}>
          <p>What this profile has watched is deleted with it. This cannot be undone.</p>
          <ErrorNotice error={deleting.error} />
          <div className="actions">
            <Button kind="danger" busy={deleting.isPending} onClick={() => deleting.mutate(removing.id)}>
              Delete
            </Button>
            <Button onClick={() => setRemoving(null)}>Keep</Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
