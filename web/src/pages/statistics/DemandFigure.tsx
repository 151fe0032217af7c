import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { readDemand } from "../../api/endpoints";
import type { DemandStep } from "../../api/types";
import { Figure } from "../../plots/Figure";
import { Plot } from "../../plots/Plot";
import { formatValue } from "../../plots/model";
import { Moment } from "../../time/ZoneProvider";
import { Choice } from "../../ui/Choice";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { TableOr } from "../../ui/TableOr";
import { useAddress } from "../../ui/useAddress";
import {
  ANSWERS,
  MEASURES,
  type Measure,
  type ReasonCount,
  amountOf,
  demandColumns,
  demandPlot,
  demandRows,
  demandTotals,
  measureOf,
  reasonInWords,
  reasonsOf,
  unitOf,
} from "./demand";
import { queryOf } from "./query";
import type { Range } from "./range";

/** What was asked, and how it was answered. */
export function DemandFigure({ range }: { range: Range }) {
  const [search, change] = useAddress();
  const measure = measureOf(search.measure);
  const query = queryOf(range);
  const read = useQuery({
    queryKey: ["statistics", "demand", query],
    queryFn: ({ signal }) => readDemand(query, signal),
    placeholderData: (previous) => previous,
  });
  const steps = read.data?.steps;
  const shown = useMemo(() => steps && demandPlot(steps, measure), [steps, measure]);
  const words = steps ? wordsOf(steps, measure) : "";
  const around = (
    <>
      <ErrorNotice error={read.error} onRetry={() => void read.refetch()} />
      {steps && <Reasons reasons={reasonsOf(steps)} />}
    </>
  );
  return (
    <Figure
      title="Demand"
      file="demand"
      summary={read.isPending ? <Loading what="the demand" height="1.5rem" /> : <p>{words}</p>}
      choices={
        <Choice
          name="Counted in"
          options={Object.entries(MEASURES)}
          value={measure}
          onChange={(chosen) => change({ measure: chosen })}
        />
      }
      plot={
        <>
          {shown && <Plot summary={words} shown={shown} />}
          {around}
        </>
      }
      table={
        <>
          {steps && <StepTable steps={steps} measure={measure} />}
          {around}
        </>
      }
      csv={read.data ? { names: demandColumns(read.data), rows: demandRows(read.data) } : null}
      json={read.data}
    />
  );
}

function wordsOf(steps: readonly DemandStep[], measure: Measure): string {
  const totals = demandTotals(steps, measure);
  if (totals.asked === 0) return "Nothing was asked for in this time.";
  const parts = ANSWERS.map(
    ([answer, name], index) =>
      `${formatValue(totals[answer])} ${index === 0 ? `${unitOf(measure)} asked` : name.toLowerCase()}`,
  );
  return `${parts.join(", ")}.`;
}

function StepTable({ steps, measure }: { steps: DemandStep[]; measure: Measure }) {
  const columns: Column<DemandStep>[] = [
    { name: "From", cell: (step) => <Moment at={step.from} /> },
    ...ANSWERS.map(([answer, name]) => ({
      name,
      isNumber: true,
      cell: (step: DemandStep) => formatValue(amountOf(step[answer], measure)),
    })),
  ];
  return (
    <TableOr
      label="Demand by step"
      columns={columns}
      rows={steps}
      keyOf={(step) => step.from}
      empty="There is no step in this range."
    />
  );
}

const REASON_COLUMNS: Column<ReasonCount>[] = [
  { name: "Reason", cell: ({ code }) => reasonInWords(code) },
  { name: "Countered", isNumber: true, cell: ({ countered }) => formatValue(countered) },
  { name: "Refused", isNumber: true, cell: ({ rejected }) => formatValue(rejected) },
];

function Reasons({ reasons }: { reasons: ReasonCount[] }) {
  return (
    <>
      <Title headingLevel="h3" size="md">
        Why not as asked
      </Title>
      <TableOr
        label="Reasons"
        columns={REASON_COLUMNS}
        rows={reasons}
        keyOf={({ code }) => code}
        empty="Nothing was countered or refused in this time."
      />
    </>
  );
}
