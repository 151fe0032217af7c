import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { makeUser } from "../../api/endpoints";
import type { Role } from "../../api/types";
import { Choice } from "../../ui/Choice";
import { ConfirmationOf } from "../../ui/ConfirmationOf";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { FormDialog } from "../../ui/FormDialog";
import { PasswordField } from "../../ui/PasswordField";
import { TextField } from "../../ui/TextField";
import { fieldErrorsOf } from "../../ui/fieldErrors";
import { useIntent } from "../../ui/useIntent";
import { ROLES } from "./roles";

/** Makes an account, with a role. */
export function MakeUser({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const { intentFor } = useIntent();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("user");
  const making = useMutation({
    mutationFn: () => makeUser(username, password, role, intentFor([username, password, role])),
    onSuccess: () => client.invalidateQueries({ queryKey: ["users"] }),
  });
  if (making.isSuccess) {
    return (
      <ConfirmationOf title={`The account ${username} is made`} onClose={onClose}>
        Tell {username} the password, and to change it on the account page.
      </ConfirmationOf>
    );
  }
  const wrong = fieldErrorsOf(making.error, ["username", "password"]);
  return (
    <FormDialog
      title="Make an account"
      action="Make the account"
      isPending={making.isPending}
      onSubmit={() => making.mutate()}
      onClose={onClose}
    >
      <ErrorNotice error={wrong.other} />
      <TextField
        label="Username"
        isRequired
        value={username}
        onChange={setUsername}
        error={wrong.fields.username}
      />
      <PasswordField
        label="Password"
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
        error={wrong.fields.password}
      />
      <Choice
        name="Role"
        options={ROLES}
        value={role}
        onChange={(chosen) => setRole(ROLES.find(([known]) => known === chosen)?.[0] ?? "user")}
      />
    </FormDialog>
  );
}
