import { type FormEvent, useState } from "react";
import { Avatar, AVATARS } from "../../components/Avatar";
import { MATURITIES } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Field, Select } from "../../components/Field";
import { ErrorNotice } from "../../components/Notice";
import type { Maturity, Profile, ProfileBody } from "../../lib/shapes";

const COLOURS = ["Amber", "Coral", "Rose", "Violet", "Blue", "Teal", "Green", "Sand"];

/** `pin` null leaves the lock as it is, "" removes it. */
export type Entered = Required<Pick<ProfileBody, "name" | "maturity" | "avatar">> & { pin: string | null };

type Props = { profile: Profile | null; colour: number; busy: boolean; error: unknown; onSave: (entered: Entered) => void };

function limitName(maturity: Maturity): string {
  if (maturity === 18) return "Everything";
  return maturity === 0 ? "Only films for all ages" : `Films up to age ${maturity}`;
}

export function ProfileForm({ profile, colour, busy, error, onSave }: Props) {
  const [name, setName] = useState(profile?.name ?? "");
  const [avatar, setAvatar] = useState(profile?.avatar ?? colour);
  const [maturity, setMaturity] = useState<Maturity>(profile?.maturity ?? 18);
  const [lock, setLock] = useState(profile?.locked ?? false);
  const [pin, setPin] = useState("");
  const needsPin = lock && !profile?.locked;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy || name.trim() === "" || (needsPin && pin.length !== 4)) return;
    const change = lock ? (pin === "" ? null : pin) : profile?.locked ? "" : null;
    onSave({ name: name.trim(), avatar, maturity, pin: change });
  };
  return (
    <form onSubmit={submit} className="stack">
      <ErrorNotice error={error} />
      <Field label="Name" required maxLength={60} autoFocus value={name} onChange={(event) => setName(event.target.value)} />
      <fieldset className="colours">
        <legend>Colour</legend>
        {COLOURS.slice(0, AVATARS).map((label, index) => (
          <label key={label}>
            <input
              type="radio"
              name="avatar"
              className="sr-only"
              aria-label={label}
              checked={avatar === index}
              onChange={() => setAvatar(index)}
            />
            <Avatar name={name || "?"} avatar={index} />
          </label>
        ))}
      </fieldset>
      <Select
        label="May watch"
        value={maturity}
        hint="A profile with a limit never sees, finds or plays what lies above it."
        onChange={(event) => setMaturity(Number(event.target.value) as Maturity)}
      >
        {MATURITIES.map((one) => (
          <option key={one} value={one}>
            {limitName(one)}
          </option>
        ))}
      </Select>
      <label className="check">
        <input type="checkbox" checked={lock} onChange={(event) => setLock(event.target.checked)} />
        Ask for a PIN to open this profile
      </label>
      {lock && (
        <Field
          label={profile?.locked ? "New PIN (leave empty to keep it)" : "PIN"}
          className="pin"
          inputMode="numeric"
          autoComplete="off"
          maxLength={4}
          required={needsPin}
          pattern="[0-9]{4}"
          value={pin}
          onChange={(event) => setPin(event.target.value.replace(/\D/g, ""))}
        />
      )}
      <Button type="submit" kind="primary" className="wide" busy={busy}>
        Save
      </Button>
    </form>
  );
}
