import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { useMutation } from "@tanstack/react-query";

import { download } from "./download";
import { ErrorNotice } from "./ErrorNotice";

interface Given<T> {
  /** What is exported, such as `reservations`; also the file's name. */
  of: string;
  /** Most entries in a file. */
  max: number;
  read: (limit: number) => Promise<{ entries: T[]; isWhole: boolean }>;
  toCsv: (entries: T[]) => string;
}

/** Writes the filtered list to a file: every page of it, up to a limit that is told. */
export function ExportButtons<T>({ of, max, read, toCsv }: Given<T>) {
  const writing = useMutation({
    mutationFn: async (format: "csv" | "json") => {
      const { entries, isWhole } = await read(max);
      if (format === "csv") download(`${of}.csv`, "text/csv;charset=utf-8", toCsv(entries));
      else download(`${of}.json`, "application/json", `${JSON.stringify(entries, null, 2)}\n`);
      return { count: entries.length, isWhole };
    },
  });
  const button = (format: "csv" | "json", name: string) => (
    <Button
      variant="secondary"
      size="sm"
      isDisabled={writing.isPending}
      isLoading={writing.isPending && writing.variables === format}
      onClick={() => writing.mutate(format)}
    >
      {name}
    </Button>
  );
  const written = writing.data;
  return (
    <>
      <div className="opx-bar opx-bar-end" role="group" aria-label={`Export the ${of} that match`}>
        {button("csv", "Export CSV")}
        {button("json", "Export JSON")}
      </div>
      <div role="status" className="opx-wide">
        {written && (
          <Alert
            isInline
            isPlain
            variant={written.isWhole ? "success" : "warning"}
            title={
              written.isWhole
                ? `The file has all ${written.count} ${of} that match.`
                : `The file has the newest ${written.count} ${of}: ${max} is the most one file takes. Narrow the filters for the others.`
            }
          />
        )}
      </div>
      {writing.error && (
        <ErrorNotice
          error={writing.error}
          onRetry={() => writing.mutate(writing.variables ?? "csv")}
        />
      )}
    </>
  );
}
