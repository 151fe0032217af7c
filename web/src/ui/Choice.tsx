import {
  FormSelect,
  FormSelectOption,
} from "@patternfly/react-core/dist/esm/components/FormSelect";
import { useId } from "react";

interface Given {
  name: string;
  options: readonly (readonly [value: string, name: string])[];
  value: string;
  onChange: (value: string) => void;
}

/** One of several, beside its name. */
export function Choice({ name, options, value, onChange }: Given) {
  const id = useId();
  return (
    <div className="opx-choice">
      <label htmlFor={id}>{name}</label>
      <FormSelect id={id} value={value} onChange={(_, chosen) => onChange(chosen)}>
        {options.map(([option, label]) => (
          <FormSelectOption key={option} value={option} label={label} />
        ))}
      </FormSelect>
    </div>
  );
}
