import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { useId } from "react";

import { Moment, useZone } from "../../time/ZoneProvider";
import { fromField, toField } from "../../time/zone";
import { Choice } from "../../ui/Choice";
import { useAddress } from "../../ui/useAddress";
import { CUSTOM, PRESETS, PRESET_DEFAULT, type Range, stepsFor } from "./range";

const RANGES: [string, string][] = [
  ...Object.entries(PRESETS).map(([id, { name }]): [string, string] => [id, name]),
  [CUSTOM, "From … to …"],
];

/** Chooses the time that is looked at, and how long a step is. */
export function RangeBar({ range }: { range: Range | null }) {
  const [search, change] = useAddress();
  const chosen = search.range ?? PRESET_DEFAULT;
  const choose = (value: string) => {
    const isCustom = value === CUSTOM;
    change({
      range: value,
      step: undefined,
      // One begins with what is seen.
      from: isCustom && range ? new Date(range.from).toISOString() : undefined,
      to: isCustom && range ? new Date(range.to).toISOString() : undefined,
    });
  };
  const steps = range ? stepsFor(range.to - range.from) : [];
  return (
    <div role="group" aria-label="Time" className="opx-row opx-row-end">
      <Choice name="Range" options={RANGES} value={chosen} onChange={choose} />
      {chosen === CUSTOM && (
        <>
          <End name="From" at={search.from} onChange={(from) => change({ from })} />
          <End name="To" at={search.to} onChange={(to) => change({ to })} />
        </>
      )}
      {range && steps.length > 0 && (
        <Choice
          name="Step"
          options={steps.map(([ms, name]) => [String(ms), name])}
          value={String(range.step)}
          onChange={(step) => change({ step })}
        />
      )}
      {range && (
        <p className="opx-subtle">
          <Moment at={range.from} /> to <Moment at={range.to} />
        </p>
      )}
    </div>
  );
}

interface EndGiven {
  name: string;
  at: string | undefined;
  onChange: (at: string | undefined) => void;
}

/** One end of the range, typed by the clocks that are shown. */
function End({ name, at, onChange }: EndGiven) {
  const id = useId();
  const { zone } = useZone();
  const ms = Date.parse(at ?? "");
  return (
    <div className="opx-choice">
      <label htmlFor={id}>
        {name} ({zone})
      </label>
      <TextInput
        id={id}
        type="datetime-local"
        // What is half typed stays in the field; only a whole time is an address.
        key={`${at} ${zone}`}
        defaultValue={Number.isNaN(ms) ? "" : toField(ms, zone)}
        onBlur={(event) => {
          const typed = fromField(event.currentTarget.value, zone);
          if (typed !== null && typed !== ms) onChange(new Date(typed).toISOString());
        }}
      />
    </div>
  );
}
