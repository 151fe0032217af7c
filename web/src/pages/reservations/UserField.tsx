import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { useState } from "react";

import { listUsers } from "../../api/endpoints";
import { useUserNames } from "../../session/users";
import { Field } from "../../ui/Field";

interface Given {
  /** A user's number. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A user by name or number; the address keeps the number. */
export function UserField({ value, onChange }: Given) {
  const names = useUserNames();
  const shown = value === undefined ? "" : (names.get(Number(value)) ?? value);
  const [typed, setTyped] = useState<string | null>(null);
  const [isUnknown, setUnknown] = useState(false);
  const settle = async () => {
    if (typed === null || typed === shown) return setTyped(null);
    const text = typed.trim();
    const number = /^\d*$/.test(text) ? text : await numberOf(text);
    setUnknown(number === null);
    if (number === null) return;
    setTyped(null);
    onChange(number === "" ? undefined : number);
  };
  return (
    <Field id="filter-user" name="User (name or number)">
      <TextInput
        id="filter-user"
        list="filter-user-names"
        value={typed ?? shown}
        validated={isUnknown ? "error" : "default"}
        aria-describedby={isUnknown ? "filter-user-unknown" : undefined}
        onChange={(_, text) => {
          setTyped(text);
          setUnknown(false);
        }}
        onBlur={() => void settle()}
        onKeyDown={(event) => {
          if (event.key === "Enter") void settle();
        }}
      />
      <datalist id="filter-user-names">
        {[...names].map(([number, name]) => (
          <option key={number} value={name} />
        ))}
      </datalist>
      {isUnknown && (
        <span id="filter-user-unknown" role="alert">
          There is no user of this name.
        </span>
      )}
    </Field>
  );
}

async function numberOf(name: string): Promise<string | null> {
  const found = await listUsers({ name, limit: 200 }).catch(() => null);
  const user = found?.entries.find(({ username }) => username === name);
  return user ? String(user.userid) : null;
}
