import {
  FormSelect,
  FormSelectOption,
} from "@patternfly/react-core/dist/esm/components/FormSelect";
import type { ReactNode } from "react";

/** A control below its name. */
export function Field({ id, name, children }: { id?: string; name: string; children: ReactNode }) {
  return (
    <div>
      {id ? <label htmlFor={id}>{name}</label> : <span className="opx-field-name">{name}</span>}
      {children}
    </div>
  );
}

interface Given {
  id: string;
  name: string;
  /** What stands for no choice. */
  any: string;
  /** Values, each with what it is called where that differs. */
  options: readonly (string | readonly [value: string, name: string])[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** One of several options, or none. */
export function ChoiceField({ id, name, any, options, value, onChange }: Given) {
  const pairs = options.map((option) => (typeof option === "string" ? [option, option] : option));
  // An address may name what is no option any more: it is shown, since the list is filtered by it.
  const isKnown = value === undefined || pairs.some(([known]) => known === value);
  return (
    <Field id={id} name={name}>
      <FormSelect
        id={id}
        value={value ?? ""}
        onChange={(_, chosen) => onChange(chosen === "" ? undefined : chosen)}
      >
        <FormSelectOption value="" label={any} />
        {!isKnown && <FormSelectOption value={value} label={value} />}
        {pairs.map(([option, label]) => (
          <FormSelectOption key={option} value={option} label={label ?? ""} />
        ))}
      </FormSelect>
    </Field>
  );
}
