import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { readUtilisation } from "../../api/endpoints";
import type { Utilisation } from "../../api/types";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { ShareBar } from "../../ui/ShareBar";
import { TableOr } from "../../ui/TableOr";
import { queryOf } from "./query";
import type { Range } from "./range";
import { DIMENSIONS, type Dimension, shareOf } from "./utilisation";

type Series = Utilisation["series"][number];

const COLUMNS: Column<Series>[] = [
  {
    name: "Node",
    cell: ({ node }) => (
      <Link
        to="/statistics"
        search={(old) => ({ ...old, node: node ?? undefined })}
        resetScroll={false}
      >
        {node}
      </Link>
    ),
  },
  ...(Object.keys(DIMENSIONS) as Dimension[]).map((dimension) => ({
    name: DIMENSIONS[dimension].name,
    cell: ({ steps }: Series) => {
      const { booked, used } = shareOf(steps, dimension);
      return <ShareBar parts={{ booked, used }} />;
    },
  })),
];

/** Each node over the whole range. */
export function NodeShares({ range }: { range: Range }) {
  const query = { ...queryOf({ ...range, step: range.to - range.from }), by: "node" };
  const read = useQuery({
    queryKey: ["statistics", "utilisation", query],
    queryFn: ({ signal }) => readUtilisation(query, signal),
    placeholderData: (previous) => previous,
  });
  return (
    <>
      <Title headingLevel="h3" size="md">
        By node, over the whole range
      </Title>
      <ErrorNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <Loading what="the nodes" />}
      {read.data && (
        <TableOr
          label="Utilisation by node"
          columns={COLUMNS}
          rows={read.data.series}
          keyOf={({ node }) => node ?? ""}
          empty="The site has no nodes."
        />
      )}
    </>
  );
}
