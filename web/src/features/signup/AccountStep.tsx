import { type FormEvent, type Ref, useState } from "react";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";

export type Credentials = { email: string; password: string; name: string };

type Errors = Partial<Record<keyof Credentials, string>>;

function check({ email, password, name }: Credentials): Errors {
  const errors: Errors = {};
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) errors.email = "Enter an e-mail address such as ada@example.org.";
  if (password.length < 8) errors.password = "Take at least 8 characters.";
  if (name === "") errors.name = "Enter a name; your first profile bears it.";
  return errors;
}

type Props = { heading: Ref<HTMLHeadingElement>; given: Credentials | null; onDone: (given: Credentials) => void };

export function AccountStep({ heading, given, onDone }: Props) {
  const [email, setEmail] = useState(given?.email ?? "");
  const [password, setPassword] = useState(given?.password ?? "");
  const [name, setName] = useState(given?.name ?? "");
  const [tried, setTried] = useState(false);
  const entered = { email: email.trim(), password, name: name.trim() };
  const errors = tried ? check(entered) : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(check(entered)).length === 0) onDone(entered);
  };
  return (
    <form onSubmit={submit} noValidate className="stack">
      <h1 ref={heading} tabIndex={-1}>
        Your account
      </h1>
      <Field
        label="Your name"
        name="name"
        autoComplete="name"
        maxLength={60}
        value={name}
        error={errors.name}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label="E-mail"
        type="email"
        name="email"
        autoComplete="username"
        maxLength={254}
        value={email}
        error={errors.email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <Field
        label="Password"
        type="password"
        name="password"
        autoComplete="new-password"
        maxLength={256}
        hint="At least 8 characters."
        value={password}
        error={errors.password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" kind="primary" className="wide large">
        Continue
      </Button>
    </form>
  );
}
