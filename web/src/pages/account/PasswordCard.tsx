import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { ActionGroup, Form } from "@patternfly/react-core/dist/esm/components/Form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { changePassword } from "../../api/endpoints";
import { useSession } from "../../session/session";
import { SITE } from "../../session/site";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { PasswordField } from "../../ui/PasswordField";
import { fieldErrorsOf } from "../../ui/fieldErrors";

/** Changes the password; everybody else who is logged in by the old one is logged out. */
export function PasswordCard() {
  const username = useSession().data?.username;
  const limits = useQuery(SITE).data?.limits;
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const changing = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: () => {
      setCurrent("");
      setNext("");
    },
  });
  const wrong = fieldErrorsOf(changing.error, ["current", "new"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    changing.mutate();
  };
  return (
    <Card isFullHeight>
      <CardTitle component="h2">Password</CardTitle>
      <CardBody>
        <Form onSubmit={submit}>
          {changing.isSuccess && (
            <Alert
              variant="success"
              isInline
              component="p"
              title="The password is changed"
              role="status"
            >
              Your other sessions have ended. API tokens stay.
            </Alert>
          )}
          <ErrorNotice error={wrong.other} />
          {/* So that a password manager knows whose passwords these are. */}
          <input
            type="text"
            autoComplete="username"
            value={username ?? ""}
            readOnly
            hidden
            aria-hidden
          />
          <PasswordField
            label="Current password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            error={wrong.fields.current}
          />
          <PasswordField
            label="New password"
            autoComplete="new-password"
            value={next}
            onChange={setNext}
            error={wrong.fields.new}
          >
            {limits && `At least ${limits.passwordBytesMin} characters.`}
          </PasswordField>
          <ActionGroup>
            <Button
              type="submit"
              variant="secondary"
              isLoading={changing.isPending}
              isDisabled={changing.isPending}
            >
              Change the password
            </Button>
          </ActionGroup>
        </Form>
      </CardBody>
    </Card>
  );
}
