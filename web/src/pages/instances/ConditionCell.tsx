import { Label, type LabelProps } from "@patternfly/react-core/dist/esm/components/Label";

import type { Instance } from "../../api/types";
import { Countdown } from "../../ui/Countdown";
import { type Urgency, conditionOf } from "./words";

const LABELS: Record<Exclude<Urgency, "calm">, { text: string; color: LabelProps["color"] }> = {
  busy: { text: "at work", color: "blue" },
  late: { text: "not as wanted", color: "orange" },
  stuck: { text: "stuck", color: "red" },
};

/** Whether it is as it is wanted, and what is being done about it where it is not. */
export function ConditionCell({ instance }: { instance: Instance }) {
  const { words, urgency, retryAt, error } = conditionOf(instance);
  if (urgency === "calm") return <span className="opx-subtle">{words}</span>;
  const label = LABELS[urgency];
  return (
    <span className="opx-condition">
      <Label isCompact color={label.color}>
        {label.text}
      </Label>{" "}
      {words}
      {retryAt && (
        <>
          {" "}
          in <Countdown until={retryAt} over="a moment" />
        </>
      )}
      {error && <span className="opx-mono"> ({error})</span>}
    </span>
  );
}
