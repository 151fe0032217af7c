import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { ActionGroup, Form } from "@patternfly/react-core/dist/esm/components/Form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { logIn, register } from "../../api/endpoints";
import type { Site } from "../../api/types";
import { beginSession } from "../../session/session";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { PasswordField } from "../../ui/PasswordField";
import { TextField } from "../../ui/TextField";
import { useIntent } from "../../ui/useIntent";
import { fieldErrorsOf } from "../../ui/fieldErrors";

interface Given {
  limits: Site["limits"];
  /** Called when the account is made and its user logged in. */
  onDone: () => void;
}

/** Makes an account and logs in. */
export function RegisterForm({ limits, onDone }: Given) {
  const client = useQueryClient();
  const { intentFor } = useIntent();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const registering = useMutation({
    mutationFn: async () => {
      await register(username, password, intentFor([username, password]));
      return logIn(username, password);
    },
    onSuccess: (session) => {
      beginSession(client, session);
      onDone();
    },
  });
  const wrong = fieldErrorsOf(registering.error, ["username", "password"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    registering.mutate();
  };
  return (
    <Form onSubmit={submit}>
      <ErrorNotice error={wrong.other} />
      <TextField
        label="Username"
        isRequired
        autoComplete="username"
        value={username}
        onChange={setUsername}
        error={wrong.fields.username}
      >
        At most {limits.usernameCharsMax} characters.
      </TextField>
      <PasswordField
        label="Password"
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
        error={wrong.fields.password}
      >
        At least {limits.passwordBytesMin} characters.
      </PasswordField>
      <ActionGroup>
        <Button
          type="submit"
          isBlock
          isLoading={registering.isPending}
          isDisabled={registering.isPending}
        >
          Register
        </Button>
      </ActionGroup>
    </Form>
  );
}
