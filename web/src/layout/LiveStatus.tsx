import { Label } from "@patternfly/react-core/dist/esm/components/Label";

import { useLiveness } from "../live/LiveProvider";

const WORDS = {
  live: { text: "Live", color: "green" },
  connecting: { text: "Connecting", color: "orange" },
  lost: { text: "Not live", color: "red" },
} as const;

/** Whether what is shown is kept up to date. */
export function LiveStatus() {
  const { text, color } = WORDS[useLiveness()];
  return (
    <span role="status">
      <Label isCompact color={color}>
        {text}
      </Label>
    </span>
  );
}
