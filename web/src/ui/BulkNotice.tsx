import {
  Alert,
  AlertActionCloseButton,
  AlertActionLink,
} from "@patternfly/react-core/dist/esm/components/Alert";
import { Progress } from "@patternfly/react-core/dist/esm/components/Progress";

import { asApiError } from "../api/problem";
import type { Bulk } from "./bulk";

/** How far it is with several rows, and what came of each: those that failed are named. */
export function BulkNotice<T>({ bulk, nameOf }: { bulk: Bulk<T>; nameOf: (row: T) => string }) {
  const { progress, report } = bulk;
  if (progress) {
    const { verb, done, of } = progress;
    if (of === 1) return null;
    const title = `To ${verb}: ${done} of ${of}`;
    return <Progress value={(done / of) * 100} title={title} label={`${done} of ${of}`} />;
  }
  if (!report) return null;
  const { verb, done, failed } = report;
  const doneNames = done.map(nameOf).join(", ");
  const doneTitle = done.length === 1 ? `${doneNames} ${verb.past}` : `${done.length} ${verb.past}`;
  const title =
    failed.length === 0 ? doneTitle : `${done.length} ${verb.past}, ${failed.length} not`;
  const again = () =>
    void bulk.run(
      verb,
      failed.map(({ row }) => row),
    );
  return (
    <Alert
      isInline
      role={failed.length === 0 ? "status" : "alert"}
      variant={failed.length === 0 ? "success" : "danger"}
      title={title}
      actionClose={<AlertActionCloseButton title="Close" onClose={bulk.dismiss} />}
      actionLinks={
        failed.length > 0 && <AlertActionLink onClick={again}>Try again</AlertActionLink>
      }
    >
      {done.length > 1 && <p className="opx-mono">{doneNames}</p>}
      {failed.map(({ row, error }) => (
        <p key={nameOf(row)}>
          <span className="opx-mono">{nameOf(row)}</span>: {asApiError(error).message}
        </p>
      ))}
    </Alert>
  );
}
