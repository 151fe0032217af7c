import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { type FormEvent, useState } from "react";

import { Field } from "./Field";
import { isWholeId } from "./shortId";

interface Given {
  id: string;
  name: string;
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** A whole id, typed or pasted; taken when one presses Enter or leaves the field. */
export function IdField({ id, name, value, onChange }: Given) {
  const [typed, setTyped] = useState(value ?? "");
  const text = typed.trim().toLowerCase();
  const isBad = text !== "" && !isWholeId(text);
  const settle = () => {
    if (!isBad && text !== (value ?? "")) onChange(text === "" ? undefined : text);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    settle();
  };
  return (
    <form onSubmit={submit}>
      <Field id={id} name={name}>
        <TextInput
          id={id}
          value={typed}
          validated={isBad ? "warning" : "default"}
          aria-describedby={isBad ? `${id}-hint` : undefined}
          onChange={(_, text) => setTyped(text)}
          onBlur={settle}
        />
      </Field>
      {isBad && (
        <span id={`${id}-hint`} className="opx-subtle">
          Give the whole id.
        </span>
      )}
    </form>
  );
}
