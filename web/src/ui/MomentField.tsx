import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";

import { fromField, toField } from "../time/zone";
import { useZone } from "../time/ZoneProvider";

interface Given {
  id: string;
  label: string;
  /** RFC 3339; `undefined` where nothing is filled in. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A date and time in the chosen zone. */
export function MomentField({ id, label, value, onChange }: Given) {
  const { zone } = useZone();
  const at = value === undefined ? Number.NaN : Date.parse(value);
  const typed = (text: string) => {
    const at = fromField(text, zone);
    onChange(at === null ? undefined : new Date(at).toISOString().replace(".000Z", "Z"));
  };
  return (
    <TextInput
      id={id}
      type="datetime-local"
      aria-label={`${label} (${zone})`}
      value={Number.isNaN(at) ? "" : toField(at, zone)}
      onChange={(_, text) => typed(text)}
    />
  );
}
