import { Button } from "@patternfly/react-core/dist/esm/components/Button";

import type { ChangeAddress } from "./useAddress";

interface Given {
  /** How many entries are shown. */
  count: number;
  /** What they are, such as `reservations`. */
  of: string;
  /** The cursor in the address. */
  cursor: string | undefined;
  next: string | null;
  change: ChangeAddress;
}

/** The way through a list; each part has an address, so the browser's back leads to the one before. */
export function Pager({ count, of, cursor, next, change }: Given) {
  const isFirst = cursor === undefined;
  if (isFirst && next === null) {
    return <p className="opx-pager">{`All ${count} ${of} that match, newest first.`}</p>;
  }
  return (
    <nav className="opx-pager" aria-label={`Pages of ${of}`}>
      <span>{`${count} ${of} on this page, newest first.`}</span>
      <Button
        variant="secondary"
        size="sm"
        isDisabled={isFirst}
        onClick={() => change({ cursor: undefined })}
      >
        First page
      </Button>
      <Button
        variant="secondary"
        size="sm"
        isDisabled={next === null}
        onClick={() => change({ cursor: next ?? undefined })}
      >
        Next page
      </Button>
    </nav>
  );
}
