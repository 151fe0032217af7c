import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { ClipboardCopy } from "@patternfly/react-core/dist/esm/components/ClipboardCopy";
import { Form, FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import {
  FormSelect,
  FormSelectOption,
} from "@patternfly/react-core/dist/esm/components/FormSelect";
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from "@patternfly/react-core/dist/esm/components/Modal";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";

import { makeToken } from "../../api/endpoints";
import type { NewApiToken } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { useNow } from "../../time/now";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { FieldNote } from "../../ui/FieldNote";
import { TextField } from "../../ui/TextField";
import { fieldErrorsOf } from "../../ui/fieldErrors";

const DAY_MS = 86_400_000;
const LIFETIMES: [string, string][] = [
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In a year"],
  ["", "Never"],
];

/** Makes a token, and shows it this once. */
export function MakeToken({ onClose }: { onClose: () => void }) {
  const id = useId();
  const [made, setMade] = useState<NewApiToken | null>(null);
  return (
    <Modal isOpen variant="small" aria-labelledby={id} onClose={onClose}>
      <ModalHeader title={made ? `The token ${made.name} is made` : "Make a token"} labelId={id} />
      {made ? (
        <Made token={made} onClose={onClose} />
      ) : (
        <Making onMade={setMade} onClose={onClose} />
      )}
    </Modal>
  );
}

interface Given {
  onMade: (token: NewApiToken) => void;
  onClose: () => void;
}

function Making({ onMade, onClose }: Given) {
  const id = useId();
  const client = useQueryClient();
  const now = useNow();
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const expiresAt =
    days === "" || now === null ? undefined : new Date(now + Number(days) * DAY_MS).toISOString();
  const making = useMutation({
    mutationFn: () => makeToken(name, expiresAt),
    onSuccess: (token) => {
      onMade(token);
      void client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
  const wrong = fieldErrorsOf(making.error, ["name", "expiresAt"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <>
      <ModalBody>
        <Form id={`${id}-form`} onSubmit={submit}>
          <ErrorNotice error={wrong.other} />
          <TextField
            label="Name"
            isRequired
            value={name}
            onChange={setName}
            error={wrong.fields.name}
          >
            What will use it, such as “nightly build”.
          </TextField>
          <FormGroup label="Expires" fieldId={`${id}-expires`}>
            <FormSelect
              id={`${id}-expires`}
              value={days}
              aria-describedby={`${id}-expires-note`}
              onChange={(_, value) => setDays(value)}
            >
              {LIFETIMES.map(([value, label]) => (
                <FormSelectOption key={value} value={value} label={label} />
              ))}
            </FormSelect>
            <FieldNote id={`${id}-expires-note`} error={wrong.fields.expiresAt}>
              {expiresAt === undefined ? (
                "It works until you end it."
              ) : (
                <>
                  It works until <Moment at={expiresAt} />.
                </>
              )}
            </FieldNote>
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={`${id}-form`}
          isLoading={making.isPending}
          isDisabled={making.isPending || now === null}
        >
          Make the token
        </Button>
        <Button variant="link" onClick={onClose}>
          Leave it
        </Button>
      </ModalFooter>
    </>
  );
}

function Made({ token, onClose }: { token: NewApiToken; onClose: () => void }) {
  return (
    <>
      <ModalBody className="opx-stack">
        <Alert
          variant="warning"
          isInline
          component="p"
          role="status"
          title="Copy it now: it is not shown again"
        />
        <ClipboardCopy isReadOnly isCode textAriaLabel="Token" hoverTip="Copy" clickTip="Copied">
          {token.token}
        </ClipboardCopy>
        <p>
          Show it with each request as <code>Authorization: Bearer …</code>
        </p>
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>Done</Button>
      </ModalFooter>
    </>
  );
}
