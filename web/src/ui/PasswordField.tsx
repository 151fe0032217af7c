import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import { InputGroup, InputGroupItem } from "@patternfly/react-core/dist/esm/components/InputGroup";
import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { EyeIcon } from "@patternfly/react-icons/dist/esm/icons/eye-icon";
import { EyeSlashIcon } from "@patternfly/react-icons/dist/esm/icons/eye-slash-icon";
import { type ReactNode, useId, useState } from "react";

import { FieldNote } from "./FieldNote";

interface Given {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Whether a password manager fills in the known one or makes one. */
  autoComplete: "current-password" | "new-password";
  error?: string | undefined;
  /** What one should know to fill it in. */
  children?: ReactNode;
}

/** A password, which can be shown while it is typed. */
export function PasswordField({ label, value, onChange, autoComplete, error, children }: Given) {
  const id = useId();
  const [isShown, setShown] = useState(false);
  return (
    <FormGroup label={label} isRequired fieldId={id}>
      <InputGroup>
        <InputGroupItem isFill>
          <TextInput
            id={id}
            type={isShown ? "text" : "password"}
            autoComplete={autoComplete}
            isRequired
            value={value}
            validated={error === undefined ? "default" : "error"}
            aria-describedby={`${id}-note`}
            onChange={(_, text) => onChange(text)}
          />
        </InputGroupItem>
        <InputGroupItem>
          <Button
            variant="control"
            icon={isShown ? <EyeSlashIcon /> : <EyeIcon />}
            aria-label={isShown ? `Hide: ${label}` : `Show: ${label}`}
            onClick={() => setShown(!isShown)}
          />
        </InputGroupItem>
      </InputGroup>
      <FieldNote id={`${id}-note`} error={error}>
        {children}
      </FieldNote>
    </FormGroup>
  );
}
