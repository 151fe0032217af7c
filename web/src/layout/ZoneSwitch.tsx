import {
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core/dist/esm/components/ToggleGroup";

import { type ZoneChoice, useZone } from "../time/ZoneProvider";

const CHOICES: [ZoneChoice, string][] = [
  ["utc", "UTC"],
  ["mine", "Mine"],
  ["site", "Site"],
];

/** Whose clocks all times are shown by and typed in. */
export function ZoneSwitch() {
  const { choice, setChoice, zone, zones } = useZone();
  return (
    <>
      <ToggleGroup isCompact aria-label="Time zone">
        {CHOICES.map(([value, text]) => (
          <ToggleGroupItem
            key={value}
            text={text}
            aria-label={`${text}: ${zones[value]}`}
            buttonId={`zone-${value}`}
            isSelected={choice === value}
            onChange={() => setChoice(value)}
          />
        ))}
      </ToggleGroup>
      <span className="opx-zone"> {zone}</span>
    </>
  );
}
