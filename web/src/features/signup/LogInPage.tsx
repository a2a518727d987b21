import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { ErrorNotice } from "../../components/Notice";
import { logIn } from "../../lib/calls/membership";
import { deviceName } from "../../lib/device";
import { usePageTitle } from "../../lib/page";
import { Link, navigate, safeNext, useQueryParam } from "../../lib/router";
import { adoptSession } from "../../lib/session";
import "./signup.css";

export function LogInPage() {
  usePageTitle("Log in");
  const queries = useQueryClient();
  const next = useQueryParam("next");
  const [email, setEmail] = useState(useQueryParam("email"));
  const [password, setPassword] = useState("");
  const entering = useMutation({
    mutationFn: () => logIn(email.trim(), password, deviceName()),
    onSuccess: ({ account, profiles }) => {
      adoptSession(queries, { account, profiles, profile: null });
      navigate(`/profiles?next=${encodeURIComponent(safeNext(next, "/"))}`, { replace: true });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!entering.isPending) entering.mutate();
  };
  return (
    <div className="narrow">
      <h1>Log in</h1>
      <form onSubmit={submit} className="stack">
        <ErrorNotice error={entering.error} />
        <Field
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Field
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" kind="primary" className="wide" busy={entering.isPending}>
          Log in
        </Button>
      </form>
      <p className="muted">
        New here? <Link to="/signup">Sign up</Link>
      </p>
      <p className="muted small">Forgot your password? Whoever runs this Matinee can set a new one for you.</p>
    </div>
  );
}
