import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { problemOf } from "../../lib/problem";
import type { Profile } from "../../lib/shapes";

type Props = { profile: Profile; busy: boolean; error: unknown; onPin: (pin: string) => void; onClose: () => void };

export function PinDialog({ profile, busy, error, onPin, onClose }: Props) {
  const [pin, setPin] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && /^[0-9]{4}$/.test(pin)) onPin(pin);
  };
  return (
    <Dialog title={`PIN of ${profile.name}`} onClose={onClose}>
      <form onSubmit={submit} className="stack">
        <Field
          label="PIN"
          className="pin"
          type="password"
          inputMode="numeric"
          autoComplete="off"
          pattern="[0-9]{4}"
          maxLength={4}
          autoFocus
          value={pin}
          hint="Four digits"
          error={error ? problemOf(error).detail : undefined}
          onChange={(event) => setPin(event.target.value.replace(/\D/g, ""))}
        />
        <Button type="submit" kind="primary" className="wide" busy={busy} disabled={pin.length !== 4}>
          Open
        </Button>
      </form>
    </Dialog>
  );
}
