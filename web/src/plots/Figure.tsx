import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  Card,
  CardBody,
  CardHeader,
  CardTitle,
} from "@patternfly/react-core/dist/esm/components/Card";
import {
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core/dist/esm/components/ToggleGroup";
import { type ReactNode, useId } from "react";

import { type Cell, toCsv } from "../ui/csv";
import { download } from "../ui/download";
import { useAddress } from "../ui/useAddress";

interface Given {
  title: string;
  /** What the numbers say, in a sentence or two. */
  summary: ReactNode;
  /** What can be chosen of it. */
  choices?: ReactNode;
  plot: ReactNode;
  table: ReactNode;
  /** The name of its files, without what they end with. */
  file: string;
  /** Names of the columns, and rows; `null` while there is nothing. */
  csv: { names: readonly string[]; rows: readonly (readonly Cell[])[] } | null;
  /** What is written as JSON. */
  json: unknown;
}

/** A plot with its numbers: in words, as a table, and as files. */
export function Figure({ title, summary, choices, plot, table, file, csv, json }: Given) {
  const id = useId();
  const [{ show }, change] = useAddress();
  const isTable = show === "table";
  const shows = (value: string | undefined) => change({ show: value }, { replace: true });
  const files = csv && (
    <>
      <Button
        variant="link"
        size="sm"
        aria-label={`${title}: download CSV`}
        onClick={() =>
          download(`${file}.csv`, "text/csv;charset=utf-8", toCsv(csv.names, csv.rows))
        }
      >
        CSV
      </Button>
      <Button
        variant="link"
        size="sm"
        aria-label={`${title}: download JSON`}
        onClick={() =>
          download(`${file}.json`, "application/json", `${JSON.stringify(json, null, 2)}\n`)
        }
      >
        JSON
      </Button>
    </>
  );
  const actions = (
    <div className="opx-row">
      <ToggleGroup isCompact aria-label={`${title}: shown as`}>
        <ToggleGroupItem
          text="Plot"
          buttonId={`${id}-plot`}
          isSelected={!isTable}
          onChange={() => shows(undefined)}
        />
        <ToggleGroupItem
          text="Table"
          buttonId={`${id}-table`}
          isSelected={isTable}
          onChange={() => shows("table")}
        />
      </ToggleGroup>
      {files}
    </div>
  );
  return (
    <Card component="section" aria-labelledby={`${id}-title`}>
      <CardHeader actions={{ actions, hasNoOffset: true }} className="opx-figure-head">
        <CardTitle component="h2" id={`${id}-title`}>
          {title}
        </CardTitle>
      </CardHeader>
      <CardBody className="opx-stack">
        {choices && <div className="opx-row">{choices}</div>}
        <div role="status">{summary}</div>
        {isTable ? table : plot}
      </CardBody>
    </Card>
  );
}
