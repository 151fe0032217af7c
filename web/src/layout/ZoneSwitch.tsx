import {
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core/dist/esm/components/ToggleGroup";
import { useId } from "react";

import { type ZoneChoice, useZone } from "../time/ZoneProvider";

const CHOICES: [ZoneChoice, string][] = [
  ["utc", "UTC"],
  ["mine", "Mine"],
  ["site", "Site"],
];

/** Whose clocks all times are shown by and typed in. */
export function ZoneSwitch() {
  const id = useId();
  const { choice, setChoice, zone, zones } = useZone();
  return (
    <div className="opx-zone-switch">
      <ToggleGroup isCompact aria-label="Time zone">
        {CHOICES.map(([value, text]) => (
          <ToggleGroupItem
            key={value}
            text={text}
            aria-label={`${text}: ${zones[value]}`}
            buttonId={`${id}-${value}`}
            isSelected={choice === value}
            onChange={() => setChoice(value)}
          />
        ))}
      </ToggleGroup>
      <span className="opx-zone">{zone}</span>
    </div>
  );
}
