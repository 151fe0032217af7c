import { ActionGroup, Form } from "@patternfly/react-core/dist/esm/components/Form";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { logIn } from "../api/endpoints";
import { ErrorNotice } from "../ui/ErrorNotice";
import { PasswordField } from "../ui/PasswordField";
import { TextField } from "../ui/TextField";
import { beginSession } from "./session";

interface Given {
  /** Who it must be; anybody where left out. */
  username?: string;
  /** Called when they are logged in. */
  onDone?: () => void;
}

/** Name and password. */
export function LogInForm({ username: known, onDone }: Given) {
  const client = useQueryClient();
  const [username, setUsername] = useState(known ?? "");
  const [password, setPassword] = useState("");
  const loggingIn = useMutation({
    mutationFn: () => logIn(username, password),
    onSuccess: (session) => {
      beginSession(client, session);
      onDone?.();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    loggingIn.mutate();
  };
  return (
    <Form onSubmit={submit}>
      <ErrorNotice error={loggingIn.error} />
      <TextField
        label="Username"
        isRequired
        isReadOnly={known !== undefined}
        autoComplete="username"
        value={username}
        onChange={setUsername}
      />
      <PasswordField
        label="Password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
      <ActionGroup>
        <Button
          type="submit"
          isBlock
          isLoading={loggingIn.isPending}
          isDisabled={loggingIn.isPending}
        >
          Log in
        </Button>
      </ActionGroup>
    </Form>
  );
}
