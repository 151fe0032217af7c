import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { grantCredits } from "../../api/endpoints";
import type { Account, User } from "../../api/types";
import { ConfirmationOf } from "../../ui/ConfirmationOf";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { FormDialog } from "../../ui/FormDialog";
import { formatCredits } from "../../ui/Money";
import { TextField } from "../../ui/TextField";
import { fieldErrorsOf } from "../../ui/fieldErrors";
import { useIntent } from "../../ui/useIntent";

/** Gives a user something to spend. */
export function GrantCredits({ user, onClose }: { user: User; onClose: () => void }) {
  const { intentFor } = useIntent();
  const [amount, setAmount] = useState("");
  const [note, setNote] = useState("");
  const [account, setAccount] = useState<Account | null>(null);
  const granting = useMutation({
    mutationFn: () => grantCredits(user.userid, amount, note, intentFor([amount, note])),
    onSuccess: setAccount,
  });
  if (account) {
    return (
      <ConfirmationOf title={`Granted to ${user.username}`} onClose={onClose}>
        {formatCredits(amount)} credits were granted. {user.username} now has{" "}
        {formatCredits(account.balance)} credits to spend.
      </ConfirmationOf>
    );
  }
  const wrong = fieldErrorsOf(granting.error, ["amount", "note"]);
  return (
    <FormDialog
      title={`Grant credits to ${user.username}`}
      action="Grant"
      isPending={granting.isPending}
      onSubmit={() => granting.mutate()}
      onClose={onClose}
    >
      <ErrorNotice error={wrong.other} />
      <TextField
        label="Credits"
        isRequired
        inputMode="decimal"
        value={amount}
        onChange={setAmount}
        error={wrong.fields.amount}
      >
        Such as 250 or 12.5.
      </TextField>
      <TextField label="Note" value={note} onChange={setNote} error={wrong.fields.note}>
        What for. {user.username} reads it among the entries of the account.
      </TextField>
    </FormDialog>
  );
}
