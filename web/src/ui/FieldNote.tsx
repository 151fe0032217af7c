import { FormHelperText } from "@patternfly/react-core/dist/esm/components/Form";
import { HelperText, HelperTextItem } from "@patternfly/react-core/dist/esm/components/HelperText";
import type { ReactNode } from "react";

interface Given {
  /** What the field's `aria-describedby` says. */
  id: string;
  /** What is wrong with the field, if anything. */
  error?: string | undefined;
  /** What one should know to fill it in. */
  children?: ReactNode;
}

/** What is written below a field: what is wrong with it, or else what to know. */
export function FieldNote({ id, error, children }: Given) {
  if (error === undefined && children === undefined) return null;
  return (
    <FormHelperText>
      <HelperText id={id} aria-live={error === undefined ? "off" : "polite"}>
        <HelperTextItem variant={error === undefined ? "default" : "error"}>
          {error ?? children}
        </HelperTextItem>
      </HelperText>
    </FormHelperText>
  );
}
