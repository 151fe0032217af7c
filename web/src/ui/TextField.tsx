import { FormGroup } from "@patternfly/react-core/dist/esm/components/Form";
import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { type ReactNode, useId } from "react";

import { FieldNote } from "./FieldNote";

interface Given {
  label: string;
  value: string;
  onChange: (value: string) => void;
  isRequired?: boolean;
  isReadOnly?: boolean;
  autoComplete?: string;
  inputMode?: "text" | "decimal" | "numeric";
  error?: string | undefined;
  /** What one should know to fill it in. */
  children?: ReactNode;
}

/** A field with its label, and below it what is wrong or what to know. */
export function TextField(given: Given) {
  const id = useId();
  const { label, value, onChange, isRequired = false, isReadOnly = false, error } = given;
  return (
    <FormGroup label={label} isRequired={isRequired} fieldId={id}>
      <TextInput
        id={id}
        isRequired={isRequired}
        readOnlyVariant={isReadOnly ? "default" : undefined}
        autoComplete={given.autoComplete ?? "off"}
        inputMode={given.inputMode}
        value={value}
        validated={error === undefined ? "default" : "error"}
        aria-describedby={`${id}-note`}
        onChange={(_, text) => onChange(text)}
      />
      <FieldNote id={`${id}-note`} error={error}>
        {given.children}
      </FieldNote>
    </FormGroup>
  );
}
