import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core/dist/esm/components/ToggleGroup";
import AngleLeftIcon from "@patternfly/react-icons/dist/esm/icons/angle-left-icon";
import AngleRightIcon from "@patternfly/react-icons/dist/esm/icons/angle-right-icon";
import SearchMinusIcon from "@patternfly/react-icons/dist/esm/icons/search-minus-icon";
import SearchPlusIcon from "@patternfly/react-icons/dist/esm/icons/search-plus-icon";
import { useId } from "react";

import type { Span } from "./model";
import { PRESETS, type Preset, clampInto, panned, presetOf } from "./scale";

interface Given {
  view: Span;
  onView: (view: Span) => void;
  bounds: Span | undefined;
  now: number | null;
  zoomAround: (factor: number) => void;
  canSelect: boolean;
  onSelectByKeys: () => void;
  hasTable: boolean;
  setHasTable: (hasTable: boolean) => void;
}

const NAMES: [Preset, string][] = [
  ["day", "Day"],
  ["week", "Week"],
  ["month", "Month"],
  ["quarter", "Quarter"],
];

/** How far and where one looks, and the other ways to what the time line shows. */
export function TimeLineTools(given: Given) {
  const { view, onView, bounds, now, zoomAround, hasTable, setHasTable } = given;
  const preset = presetOf(view);
  const id = useId();
  const length = view.to - view.from;
  const plain = (name: string, icon: React.ReactNode, act: () => void) => (
    <Button variant="plain" aria-label={name} title={name} icon={icon} onClick={act} />
  );
  return (
    <div className="opx-tl-tools">
      <ToggleGroup isCompact aria-label="How far to look ahead">
        {NAMES.map(([value, text]) => (
          <ToggleGroupItem
            key={value}
            text={text}
            buttonId={`${id}-${value}`}
            isSelected={preset === value}
            onChange={() => onView({ from: view.from, to: view.from + PRESETS[value] })}
          />
        ))}
      </ToggleGroup>
      <span className="opx-tl-moves">
        {plain("Earlier", <AngleLeftIcon />, () => onView(panned(view, -0.5, bounds)))}
        {plain("Later", <AngleRightIcon />, () => onView(panned(view, 0.5, bounds)))}
        {plain("Zoom in", <SearchPlusIcon />, () => zoomAround(0.5))}
        {plain("Zoom out", <SearchMinusIcon />, () => zoomAround(2))}
        <Button
          variant="link"
          isDisabled={now === null}
          onClick={() => {
            if (now === null) return;
            const from = now - Math.round(length / 20);
            onView(clampInto({ from, to: from + length }, bounds));
          }}
        >
          Now
        </Button>
      </span>
      {given.canSelect && (
        <Button variant="link" onClick={given.onSelectByKeys}>
          Choose a window by keys
        </Button>
      )}
      <Button
        variant="link"
        aria-expanded={hasTable}
        onClick={() => setHasTable(!hasTable)}
        className="opx-tl-as-table"
      >
        {hasTable ? "Hide the table" : "Show as a table"}
      </Button>
    </div>
  );
}
