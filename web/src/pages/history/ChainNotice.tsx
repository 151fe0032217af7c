import { Label } from "@patternfly/react-core/dist/esm/components/Label";

import type { HistoryEntry } from "../../api/types";
import { checkLinks } from "./entries";

/** Whether events that stand side by side in the ledger name each other's hashes. */
export function ChainNotice({ entries }: { entries: readonly HistoryEntry[] }) {
  const { linked, broken, apart } = checkLinks(entries);
  if (linked + broken.length === 0) return null;
  const title = `${apart} others follow an event that is not of this reservation; \`openpex ledger verify\` checks the whole ledger.`;
  if (broken.length > 0) {
    return (
      <Label color="red" isCompact title={title}>
        {`Chain broken at position ${broken.join(", ")}`}
      </Label>
    );
  }
  return (
    <Label color="green" isCompact title={title}>
      {`Chain: ${linked} of ${linked + apart} links checked, all hold`}
    </Label>
  );
}
