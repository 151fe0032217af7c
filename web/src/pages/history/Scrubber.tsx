import { Button } from "@patternfly/react-core/dist/esm/components/Button";

import type { HistoryEntry } from "../../api/types";
import { useZone } from "../../time/ZoneProvider";
import { formatMomentExactly } from "../../time/zone";
import { nameInWords } from "./entries";

interface Given {
  entries: readonly HistoryEntry[];
  index: number;
  /** Shows the reservation as of this event; a step of the slider leaves no trace in the browser's history. */
  go: (index: number, how: { replace: boolean }) => void;
}

/** Goes back and forth in time, event by event. */
export function Scrubber({ entries, index, go }: Given) {
  const { zone } = useZone();
  const last = entries.length - 1;
  const entry = entries[index];
  if (!entry) return null;
  const text = `event ${index + 1} of ${entries.length}, ${nameInWords(entry.event)}, ${formatMomentExactly(Date.parse(entry.at), zone)}`;
  const button = (name: string, to: number, sign: string) => (
    <Button
      variant="secondary"
      size="sm"
      aria-label={name}
      isDisabled={to < 0 || to > last || index === to}
      onClick={() => go(to, { replace: false })}
    >
      {sign}
    </Button>
  );
  return (
    <div>
      <div className="opx-scrubber">
        {button("First event", 0, "«")}
        {button("Event before", index - 1, "‹")}
        <input
          type="range"
          min={0}
          max={last}
          step={1}
          value={index}
          aria-label="As of event"
          aria-valuetext={text}
          onChange={(event) => go(Number(event.target.value), { replace: true })}
        />
        {button("Event after", index + 1, "›")}
        {button("Newest event", last, "»")}
      </div>
      <output>{`As of ${text}`}</output>
    </div>
  );
}
