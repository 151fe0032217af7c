import type { BindingNode, Reason } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { Words } from "../../ui/Words";
import { reasonTitle } from "./words";

/** Nodes that are named of one reason. */
const NODES_MAX = 4;

/** Why something could not be had as asked. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  if (reasons.length === 0) return null;
  return (
    <ul className="opx-reasons" aria-label="Reasons">
      {reasons.map((reason, i) => (
        <li key={i}>
          <strong>{reasonTitle(reason.code)}</strong>: <Words text={reason.detail} />
          {reason.code === "capacity_short" && <BindingNodes nodes={reason.nodes} />}
        </li>
      ))}
    </ul>
  );
}

function BindingNodes({ nodes }: { nodes: readonly BindingNode[] }) {
  if (nodes.length === 0) return null;
  const more = nodes.length - NODES_MAX;
  return (
    <ul>
      {nodes.slice(0, NODES_MAX).map(({ node, dimension, free, needed, from, until }) => (
        <li key={node}>
          {node}: {free} of {dimension} free where {needed} needed, from <Moment at={from} /> to{" "}
          <Moment at={until} />
        </li>
      ))}
      {more > 0 && <li>and {more} more nodes</li>}
    </ul>
  );
}
