import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { ExpandableSection } from "@patternfly/react-core/dist/esm/components/ExpandableSection";
import { type ReactNode, useState } from "react";

const WIDE = "(min-width: 48rem)";

/** The filters of a list: open where there is room, and wherever some are set. */
export function Filters(given: { set: number; onClear: () => void; children: ReactNode }) {
  const { set, onClear, children } = given;
  const [isOpen, setOpen] = useState(() => set > 0 || window.matchMedia(WIDE).matches);
  return (
    <ExpandableSection
      toggleText={set === 0 ? "Filters" : `Filters (${set} set)`}
      isExpanded={isOpen}
      onToggle={(_, open) => setOpen(open)}
    >
      <div className="opx-filters" role="search" aria-label="Filters">
        {children}
        {set > 0 && (
          <Button variant="link" onClick={onClear}>
            Clear filters
          </Button>
        )}
      </div>
    </ExpandableSection>
  );
}
