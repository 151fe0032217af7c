import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { listInstances } from "../../api/endpoints";
import type { Instance } from "../../api/types";
import { type Column, DataTable } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { StatusLabel } from "../../ui/StatusLabel";

const COLUMNS: Column<Instance>[] = [
  { name: "Name", cell: ({ name }) => name },
  { name: "Status", cell: ({ status }) => <StatusLabel status={status} /> },
  { name: "Node", cell: ({ node }) => node },
  { name: "IP address", cell: ({ ipAddress }) => ipAddress ?? "none yet" },
];

/** The instances that the reservation has. */
export function InstancesPart({ id }: { id: string }) {
  const asked = { reservation: id, limit: 100 };
  const instances = useQuery({
    queryKey: ["instances", asked],
    queryFn: ({ signal }) => listInstances(asked, signal),
  });
  return (
    <section className="opx-stack" aria-label="Instances">
      <Title headingLevel="h2" size="lg">
        Instances
      </Title>
      <ErrorNotice error={instances.error} onRetry={() => void instances.refetch()} />
      {instances.data && (
        <DataTable
          label="Instances of the reservation"
          columns={COLUMNS}
          rows={instances.data.entries}
          keyOf={(instance) => instance.id}
        />
      )}
      <p>
        <Link to="/instances" search={{ reservation: id }}>
          Stop, reboot or delete them on the page of instances
        </Link>
      </p>
    </section>
  );
}
