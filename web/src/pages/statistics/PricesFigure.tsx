import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { readPrices } from "../../api/endpoints";
import type { PriceStep } from "../../api/types";
import { Figure } from "../../plots/Figure";
import { Plot } from "../../plots/Plot";
import { formatValue } from "../../plots/model";
import { Moment } from "../../time/ZoneProvider";
import { Choice } from "../../ui/Choice";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { formatCredits } from "../../ui/Money";
import { TableOr } from "../../ui/TableOr";
import { useAddress } from "../../ui/useAddress";
import {
  PRICE_COLUMNS,
  agreedIn,
  listPerVcpuHour,
  priceRows,
  priceTotals,
  pricesPlot,
  typesIn,
} from "./prices";
import { queryOf } from "./query";
import type { Range } from "./range";

/** What both agreed to pay, against the price list. */
export function PricesFigure({ range }: { range: Range }) {
  const [{ type }, change] = useAddress();
  const query = queryOf(range);
  const read = useQuery({
    queryKey: ["statistics", "prices", query],
    queryFn: ({ signal }) => readPrices(query, signal),
    placeholderData: (previous) => previous,
  });
  const steps = read.data?.steps;
  const shown = useMemo(() => steps && pricesPlot(steps, type), [steps, type]);
  const types = read.data ? typesIn(read.data) : [];
  const known = type === undefined || types.includes(type) ? types : [type, ...types];
  const words = steps ? wordsOf(steps, type) : "";
  const failed = <ErrorNotice error={read.error} onRetry={() => void read.refetch()} />;
  return (
    <Figure
      title="Prices agreed on"
      file="prices"
      summary={read.isPending ? <Loading what="the prices" height="1.5rem" /> : <p>{words}</p>}
      choices={
        <Choice
          name="Instance type"
          options={[["", "All types"], ...known.map((name): [string, string] => [name, name])]}
          value={type ?? ""}
          onChange={(chosen) => change({ type: chosen === "" ? undefined : chosen })}
        />
      }
      plot={
        <>
          {failed}
          {shown && <Plot summary={words} shown={shown} />}
        </>
      }
      table={
        <>
          {failed}
          {steps && <StepTable steps={steps} type={type} />}
        </>
      }
      csv={read.data ? { names: PRICE_COLUMNS, rows: priceRows(read.data) } : null}
      json={read.data}
    />
  );
}

function wordsOf(steps: readonly PriceStep[], type: string | undefined): string {
  const { count, listPrice, agreedPrice, discount } = priceTotals(steps, type);
  if (count === 0) return "Nothing was agreed on in this time.";
  const against =
    discount === null || discount === 0
      ? "as the price list has it"
      : `${Math.abs(discount).toFixed(1)} % ${discount > 0 ? "below" : "above"} the ${formatCredits(listPrice)} of the price list`;
  return `${formatValue(count)} new reservations for ${formatCredits(agreedPrice)} credits, ${against}.`;
}

function StepTable({ steps, type }: { steps: PriceStep[]; type: string | undefined }) {
  const each = (of: "min" | "median" | "max") => (step: PriceStep) => {
    const prices = agreedIn(step, type).perVcpuHour;
    return prices === null ? "–" : formatCredits(prices[of]);
  };
  const columns: Column<PriceStep>[] = [
    { name: "From", cell: (step) => <Moment at={step.from} /> },
    { name: "Agreements", isNumber: true, cell: (step) => agreedIn(step, type).count },
    { name: "Lowest a vCPU-hour", isNumber: true, cell: each("min") },
    { name: "Median", isNumber: true, cell: each("median") },
    { name: "Highest", isNumber: true, cell: each("max") },
    {
      name: "By the list",
      isNumber: true,
      cell: (step) => {
        const list = listPerVcpuHour(agreedIn(step, type));
        return list === null ? "–" : formatValue(list);
      },
    },
    {
      name: "Agreed, credits",
      isNumber: true,
      cell: (step) => formatCredits(agreedIn(step, type).agreedPrice),
    },
    {
      name: "Listed, credits",
      isNumber: true,
      cell: (step) => formatCredits(agreedIn(step, type).listPrice),
    },
  ];
  return (
    <TableOr
      label="Prices by step"
      columns={columns}
      rows={steps}
      keyOf={(step) => step.from}
      empty="There is no step in this range."
    />
  );
}
