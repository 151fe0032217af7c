import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { Link } from "@tanstack/react-router";

import type { Node, NodeAvailability } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { useNow } from "../../time/now";
import { Choice } from "../../ui/Choice";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { LoadBar } from "../../ui/ShareBar";
import { TableOr } from "../../ui/TableOr";
import { useAddress } from "../../ui/useAddress";
import { LoadOverTime } from "./LoadOverTime";
import { DIMENSIONS, type Dimension, dimensionOf, isInService, statusInWords } from "./load";
import { useNodes } from "./nodes";
import { useLoadNow } from "./useLoad";

const MINUTE_MS = 60_000;

/** Every node: how it is, what it has, and what it has to do now and over time. */
export function NodesPart() {
  const [search, change] = useAddress();
  const dimension = dimensionOf(search.dimension);
  const nodes = useNodes();
  const now = useNow(MINUTE_MS);
  const minute = now === null ? null : Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const load = useLoadNow(minute);
  const loads = new Map(load.data?.nodes.map((node) => [node.node, node]));
  return (
    <>
      <ErrorNotice error={nodes.error} onRetry={() => void nodes.refetch()} />
      <ErrorNotice error={load.error} onRetry={() => void load.refetch()} />
      {nodes.isPending && <Loading what="the nodes" />}
      {nodes.data && (
        <TableOr
          label="Nodes"
          columns={columnsOf(loads)}
          rows={nodes.data}
          keyOf={({ name }) => name}
          empty="The site has no nodes yet. They appear when the hypervisor's pool has them."
        />
      )}
      <div className="opx-row opx-row-end">
        <Title headingLevel="h2" size="lg">
          Load over time
        </Title>
        <Choice
          name="Of"
          options={Object.entries(DIMENSIONS).map(([id, { name }]) => [id, name])}
          value={dimension}
          onChange={(chosen) => change({ dimension: chosen })}
        />
      </div>
      {nodes.data && <LoadOverTime nodes={nodes.data} dimension={dimension} />}
    </>
  );
}

function columnsOf(loads: Map<string, NodeAvailability>): Column<Node>[] {
  const amount = (dimension: Dimension): Column<Node> => {
    const { member, name, unit } = DIMENSIONS[dimension];
    return {
      name: `${name} booked`,
      cell: (node) => {
        const now = loads.get(node.name)?.steps[0];
        if (now === undefined) return `${node.capacity[member]} ${unit}`;
        const [firm, held] = [now.firm[member], now.held[member]];
        const whole = firm + held + now.free[member];
        return (
          <LoadBar
            firm={firm}
            held={held}
            whole={whole}
            unit={dimension === "vcpus" ? undefined : unit}
          />
        );
      },
    };
  };
  return [
    { name: "Node", cell: (node) => <span className="opx-nowrap">{node.name}</span> },
    { name: "Pool", cell: (node) => <span className="opx-nowrap">{node.pool}</span> },
    { name: "Status", cell: (node) => <Status node={node} /> },
    amount("vcpus"),
    amount("memory"),
    amount("disk"),
    {
      name: "Instances",
      cell: (node) => (
        <Link to="/pool" search={{ part: "instances", node: node.name }}>
          {node.instances ?? "Show"}
          <span className="pf-v6-screen-reader"> instances on {node.name}</span>
        </Link>
      ),
    },
  ];
}

function Status({ node }: { node: Node & { since?: string | null } }) {
  return (
    <>
      <Label isCompact color={isInService(node.status) ? "green" : "orange"}>
        {statusInWords(node.status)}
      </Label>
      {node.since && (
        <div className="opx-subtle">
          since <Moment at={node.since} />
        </div>
      )}
    </>
  );
}
