import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { readUtilisation } from "../../api/endpoints";
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
import { useNodeNames } from "../pool/nodes";
import { NodeShares } from "./NodeShares";
import { queryOf } from "./query";
import type { Range } from "./range";
import {
  type AverageStep,
  DIMENSIONS,
  UTILISATION_COLUMNS,
  averagesOf,
  dimensionOf,
  inPercent,
  plotOf,
  shareOf,
  utilisationRows,
} from "./utilisation";

/** How much of the nodes was booked and used, over time and by node. */
export function UtilisationFigure({ range }: { range: Range }) {
  const [search, change] = useAddress();
  const { node } = search;
  const dimension = dimensionOf(search.dimension);
  const { unit, name } = DIMENSIONS[dimension];
  const query = { ...queryOf(range), node };
  const read = useQuery({
    queryKey: ["statistics", "utilisation", query],
    queryFn: ({ signal }) => readUtilisation(query, signal),
    placeholderData: (previous) => previous,
  });
  const steps = read.data?.series[0]?.steps;
  const averages = useMemo(
    () => steps && averagesOf(steps, Date.parse(read.data?.usedUntil ?? ""), dimension),
    [steps, read.data?.usedUntil, dimension],
  );
  const shown = useMemo(() => averages && plotOf(averages, unit), [averages, unit]);
  const share = steps && shareOf(steps, dimension);
  const words = share
    ? `${name} of ${node ?? "all nodes"}: ${inPercent(share.booked)} booked and ${inPercent(share.used)} used of what there was.`
    : "";
  return (
    <Figure
      title="Utilisation"
      file="utilisation"
      summary={read.isPending ? <Loading what="the utilisation" height="1.5rem" /> : <p>{words}</p>}
      choices={
        <>
          <Choice
            name="Of"
            options={Object.entries(DIMENSIONS).map(([id, { name }]) => [id, name])}
            value={dimension}
            onChange={(chosen) => change({ dimension: chosen })}
          />
          <NodeChoice node={node} onChange={(chosen) => change({ node: chosen })} />
        </>
      }
      plot={
        <>
          <ErrorNotice error={read.error} onRetry={() => void read.refetch()} />
          {shown && <Plot summary={words} shown={shown} />}
          <NodeShares range={range} />
        </>
      }
      table={
        <>
          <ErrorNotice error={read.error} onRetry={() => void read.refetch()} />
          {averages && <StepTable steps={averages} unit={unit} />}
          <NodeShares range={range} />
        </>
      }
      csv={read.data ? { names: UTILISATION_COLUMNS, rows: utilisationRows(read.data) } : null}
      json={read.data}
    />
  );
}

function NodeChoice({
  node,
  onChange,
}: {
  node: string | undefined;
  onChange: (node: string | undefined) => void;
}) {
  const names = useNodeNames();
  const known = node === undefined || names.includes(node) ? names : [node, ...names];
  return (
    <Choice
      name="Node"
      options={[["", "All nodes"], ...known.map((name): [string, string] => [name, name])]}
      value={node ?? ""}
      onChange={(chosen) => onChange(chosen === "" ? undefined : chosen)}
    />
  );
}

function StepTable({ steps, unit }: { steps: AverageStep[]; unit: string }) {
  const columns: Column<AverageStep>[] = [
    { name: "From", cell: (step) => <Moment at={step.from} /> },
    { name: `Booked, ${unit}`, isNumber: true, cell: (step) => formatValue(step.booked) },
    {
      name: `Used, ${unit}`,
      isNumber: true,
      cell: (step) => (step.used === null ? "ahead" : formatValue(step.used)),
    },
    { name: `Capacity, ${unit}`, isNumber: true, cell: (step) => formatValue(step.capacity) },
  ];
  return (
    <TableOr
      label="Utilisation by step"
      columns={columns}
      rows={steps}
      keyOf={(step) => String(step.from)}
      empty="There is no step in this range."
    />
  );
}
