import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { listInstances } from "../../api/endpoints";
import type { Instance } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { type Column, DataTable } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { ListSkeleton } from "../../ui/ListState";
import { StatusLabel } from "../../ui/StatusLabel";
import { ConditionCell } from "../instances/ConditionCell";

/** Most instances shown at once; the page of instances has all. */
const SHOWN_MAX = 10;

const COLUMNS: Column<Instance>[] = [
  {
    name: "Name",
    cell: ({ name, reservation }) => (
      <Link to="/instances" search={{ reservation }}>
        {name}
      </Link>
    ),
  },
  { name: "Status", cell: ({ status }) => <StatusLabel status={status} /> },
  { name: "Condition", cell: (instance) => <ConditionCell instance={instance} /> },
  { name: "Node", cell: ({ node }) => node },
  {
    name: "IP address",
    cell: ({ ipAddress }) => <span className="opx-mono">{ipAddress ?? "–"}</span>,
  },
  { name: "End", isTime: true, cell: ({ endTime }) => <Moment at={endTime} /> },
];

interface Given {
  label: string;
  query: Record<string, string | undefined>;
  /** What is said where there are none. */
  none: string;
}

/** Some instances, and the way to all of them. */
export function SomeInstances({ label, query, none }: Given) {
  const list = useQuery({
    queryKey: ["instances", "some", query],
    queryFn: ({ signal }) => listInstances({ ...query, limit: SHOWN_MAX }, signal),
  });
  if (list.isPending) return <ListSkeleton label={`Reading: ${label}`} />;
  const rows = list.data?.entries ?? [];
  return (
    <>
      <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />
      {list.data && rows.length === 0 && <p className="opx-subtle">{none}</p>}
      {rows.length > 0 && (
        <DataTable label={label} columns={COLUMNS} rows={rows} keyOf={({ id }) => id} />
      )}
      {list.data?.next && (
        <p>
          {`These are the newest ${SHOWN_MAX}. `}
          <Link to="/instances" search={{ stuck: query.stuck, user: query.userid }}>
            See all
          </Link>
        </p>
      )}
    </>
  );
}
