import { Label, type LabelProps } from "@patternfly/react-core/dist/esm/components/Label";

import type { PowerState, ReservationStatus } from "../api/types";

const COLOURS: Record<ReservationStatus | PowerState, LabelProps["color"]> = {
  INITIATED: "grey",
  COUNTERED: "orange",
  ACCEPTED: "blue",
  CONFIRM_REQUESTED: "blue",
  CONFIRMED: "teal",
  ACTIVATED: "green",
  REJECTED: "red",
  WITHDRAWN: "grey",
  LAPSED: "grey",
  CANCELLED: "grey",
  EXPIRED: "grey",
  RUNNING: "green",
  HALTED: "grey",
  PAUSED: "yellow",
  SUSPENDED: "yellow",
  UNKNOWN: "orange",
};

/** Where a reservation or an instance stands, in the API's word. */
export function StatusLabel({ status }: { status: ReservationStatus | PowerState }) {
  return (
    <Label isCompact color={COLOURS[status] ?? "grey"}>
      {status.replace("_", " ")}
    </Label>
  );
}
