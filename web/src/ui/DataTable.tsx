import "@patternfly/react-styles/css/components/Table/table.css";
import "./lists.css";

import { Checkbox } from "@patternfly/react-core/dist/esm/components/Checkbox";
import type { ReactNode } from "react";

/** A column of a table of `T`s. */
export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** Buttons: no name is shown above them. */
  isActions?: boolean;
  /** Numbers, which are never broken into lines. */
  isNumber?: boolean;
  /** Times, which get room for two lines at most. */
  isTime?: boolean;
}

/** Which rows are chosen. */
export interface Choosing<T> {
  chosen: ReadonlySet<string>;
  choose: (keys: string[], isChosen: boolean) => void;
  /** What a row is called by who cannot see it. */
  nameOf: (row: T) => string;
}

interface Given<T> {
  /** What it is a table of. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  choosing?: Choosing<T>;
  /** Whether the rows are those asked for before. */
  isOld?: boolean;
}

/**
 * A table; on a narrow screen each row is a card with the columns' names.
 *
 * Roles are said outright because the layout of cards takes them away from the elements.
 */
export function DataTable<T>({ label, columns, rows, keyOf, choosing, isOld }: Given<T>) {
  const keys = rows.map(keyOf);
  return (
    <div className="opx-table" aria-busy={isOld}>
      <table className="pf-v6-c-table pf-m-compact" role="table" aria-label={label}>
        <thead className="pf-v6-c-table__thead" role="rowgroup">
          <tr className="pf-v6-c-table__tr" role="row">
            {choosing && (
              <th className="pf-v6-c-table__th pf-v6-c-table__check" role="columnheader">
                <ChooseAll keys={keys} {...choosing} />
              </th>
            )}
            {columns.map((column) => (
              <th
                key={column.name}
                className={classOf("th", column)}
                role="columnheader"
                scope="col"
              >
                {column.isActions ? (
                  <span className="pf-v6-screen-reader">{column.name}</span>
                ) : (
                  column.name
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="pf-v6-c-table__tbody" role="rowgroup">
          {rows.map((row) => (
            <Row key={keyOf(row)} {...{ row, columns, choosing }} id={keyOf(row)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf<T>(element: "td" | "th", { isActions, isNumber, isTime }: Column<T>): string {
  const kinds = [isActions && " opx-actions", isNumber && " opx-number", isTime && " opx-when"];
  return `pf-v6-c-table__${element}${kinds.filter(Boolean).join("")}`;
}

interface RowGiven<T> {
  id: string;
  row: T;
  columns: readonly Column<T>[];
  choosing: Choosing<T> | undefined;
}

function Row<T>({ id, row, columns, choosing }: RowGiven<T>) {
  const isChosen = choosing?.chosen.has(id) ?? false;
  return (
    <tr className={`pf-v6-c-table__tr${isChosen ? " pf-m-selected" : ""}`} role="row">
      {choosing && (
        <td className="pf-v6-c-table__td pf-v6-c-table__check" role="cell">
          <Checkbox
            id={`choose-${id}`}
            aria-label={`Select ${choosing.nameOf(row)}`}
            isChecked={isChosen}
            onChange={(_, checked) => choosing.choose([id], checked)}
          />
        </td>
      )}
      {columns.map((column) => (
        <td
          key={column.name}
          className={classOf("td", column)}
          role="cell"
          data-label={column.isActions ? undefined : column.name}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function ChooseAll<T>({ keys, chosen, choose }: Choosing<T> & { keys: string[] }) {
  const count = keys.filter((key) => chosen.has(key)).length;
  const isAll = count > 0 && count === keys.length;
  return (
    <Checkbox
      id="choose-all"
      aria-label="Select all on this page"
      isChecked={isAll ? true : count > 0 ? null : false}
      onChange={(_, checked) => choose(keys, checked)}
    />
  );
}
