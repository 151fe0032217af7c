import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { listInstances } from "../../api/endpoints";
import { type Instance, POWER_STATES } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { Choice } from "../../ui/Choice";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Pager } from "../../ui/Pager";
import { StatusLabel } from "../../ui/StatusLabel";
import { TableOr } from "../../ui/TableOr";
import { shortId } from "../../ui/shortId";
import { useAddress } from "../../ui/useAddress";
import { useNodeNames } from "./nodes";

const INSTANCES_PER_PAGE = 25;

export const COLUMNS: Column<Instance>[] = [
  { name: "Instance", cell: (instance) => instance.name },
  { name: "Status", cell: (instance) => <StatusLabel status={instance.status} /> },
  { name: "Node", cell: (instance) => instance.node },
  { name: "Type", cell: (instance) => instance.type },
  { name: "User", cell: (instance) => instance.userid },
  {
    name: "Reservation",
    cell: ({ reservation }) => (
      <Link
        to="/reservations/$id"
        params={{ id: reservation }}
        className="opx-mono"
        title={reservation}
      >
        {shortId(reservation)}
      </Link>
    ),
  },
  { name: "Start", cell: (instance) => <Moment at={instance.startTime} /> },
  { name: "End", cell: (instance) => <Moment at={instance.endTime} /> },
  { name: "IP address", cell: (instance) => instance.ipAddress ?? "none yet" },
];

/** What runs where. */
export function InstancesPart() {
  const [{ node, status, cursor }, change] = useAddress();
  const names = useNodeNames();
  const query = { node, status, cursor, limit: INSTANCES_PER_PAGE };
  const instances = useQuery({
    queryKey: ["instances", "pool", query],
    queryFn: ({ signal }) => listInstances(query, signal),
    placeholderData: keepPreviousData,
  });
  const known = node === undefined || names.includes(node) ? names : [node, ...names];
  const filter = (patch: { node?: string; status?: string }) =>
    change({ ...patch, cursor: undefined });
  return (
    <>
      <div className="opx-row" role="search" aria-label="Filters">
        <Choice
          name="Node"
          options={[["", "Every node"], ...known.map((name): [string, string] => [name, name])]}
          value={node ?? ""}
          onChange={(chosen) => filter({ node: chosen || undefined })}
        />
        <Choice
          name="Status"
          options={[
            ["", "Every status"],
            ...POWER_STATES.map((state): [string, string] => [state, state]),
          ]}
          value={status ?? ""}
          onChange={(chosen) => filter({ status: chosen || undefined })}
        />
      </div>
      <ErrorNotice error={instances.error} onRetry={() => void instances.refetch()} />
      {instances.isPending && <Loading what="the instances" />}
      {instances.data && (
        <>
          <TableOr
            label="Instances"
            columns={COLUMNS}
            rows={instances.data.entries}
            keyOf={({ id }) => id}
            empty={
              node === undefined && status === undefined
                ? "Nothing runs. Instances are made when reservations are activated."
                : "No instance matches. Choose every node and every status to see all."
            }
            isOld={instances.isPlaceholderData}
          />
          <Pager
            count={instances.data.entries.length}
            of="instances"
            cursor={cursor}
            next={instances.data.next}
            change={change}
          />
        </>
      )}
    </>
  );
}
