import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { controlInstance } from "../../api/endpoints";
import type { Instance } from "../../api/types";
import { useSession } from "../../session/session";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { TableOr } from "../../ui/TableOr";
import { shortId } from "../../ui/shortId";
import { useIntent } from "../../ui/useIntent";
import { STUCK } from "./stuck";

/** What was asked of the hypervisor and given up; an operator can have it tried again. */
export function StuckPart() {
  const isOperator = useSession().data?.role === "operator";
  const client = useQueryClient();
  const { intentFor, done } = useIntent();
  const stuck = useQuery(STUCK);
  const reviving = useMutation({
    mutationFn: ({ id, position }: Instance) =>
      controlInstance(id, "revive", intentFor([id, position])),
    onSuccess: () => {
      done();
      return client.invalidateQueries({ queryKey: ["instances"] });
    },
  });
  const columns: Column<Instance>[] = [
    { name: "Instance", cell: (instance) => instance.name },
    { name: "Node", cell: (instance) => instance.node },
    { name: "Given up", cell: ({ work }) => work.effect ?? "unknown" },
    { name: "Tries", isNumber: true, cell: ({ work }) => work.attempts ?? "–" },
    {
      name: "What the hypervisor said",
      cell: ({ work }) => <span className="opx-mono">{work.error ?? "nothing"}</span>,
    },
    { name: "User", cell: (instance) => instance.userid },
    {
      name: "Reservation",
      cell: ({ reservation }) => (
        <Link
          to="/reservations/$id/history"
          params={{ id: reservation }}
          className="opx-mono"
          title={reservation}
        >
          {shortId(reservation)}
        </Link>
      ),
    },
  ];
  if (isOperator) {
    columns.push({
      name: "Action",
      isActions: true,
      cell: (instance) => (
        <Button
          variant="secondary"
          size="sm"
          aria-label={`Try again: ${instance.name}`}
          isDisabled={reviving.isPending}
          onClick={() => reviving.mutate(instance)}
        >
          Try again
        </Button>
      ),
    });
  }
  return (
    <>
      <ErrorNotice error={stuck.error} onRetry={() => void stuck.refetch()} />
      <ErrorNotice error={reviving.error} />
      {stuck.isPending && <Loading what="what is stuck" />}
      {stuck.data && (
        <TableOr
          label="Stuck commands"
          columns={columns}
          rows={stuck.data.entries}
          keyOf={({ id }) => id}
          empty="Nothing is stuck: every command to the hypervisor was done or is being tried."
        />
      )}
      {stuck.data?.next && <p role="status">There are more. Deal with these first.</p>}
    </>
  );
}
