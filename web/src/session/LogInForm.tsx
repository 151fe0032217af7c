import { ActionGroup, Form, FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { logIn } from "../api/endpoints";
import { ErrorNotice } from "../ui/ErrorNotice";
import { beginSession } from "./session";

interface Given {
  /** Whose name is filled in. */
  username?: string;
  /** Called when they are logged in. */
  onDone?: () => void;
}

/** Name and password. */
export function LogInForm({ username: known = "", onDone }: Given) {
  const client = useQueryClient();
  const [username, setUsername] = useState(known);
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
      <FormGroup label="Username" isRequired fieldId="username">
        <TextInput
          id="username"
          name="username"
          autoComplete="username"
          isRequired
          value={username}
          onChange={(_, text) => setUsername(text)}
        />
      </FormGroup>
      <FormGroup label="Password" isRequired fieldId="password">
        <TextInput
          id="password"
          name="password"
          type="password"
          autoComplete="current-password"
          isRequired
          value={password}
          onChange={(_, text) => setPassword(text)}
        />
      </FormGroup>
      <ActionGroup>
        <Button type="submit" isLoading={loggingIn.isPending} isDisabled={loggingIn.isPending}>
          Log in
        </Button>
      </ActionGroup>
    </Form>
  );
}
