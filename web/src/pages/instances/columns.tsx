import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Link } from "@tanstack/react-router";

import type { Instance } from "../../api/types";
import type { Column } from "../../ui/DataTable";
import { Period } from "../../ui/Period";
import { shortId } from "../../ui/shortId";
import { StatusLabel } from "../../ui/StatusLabel";
import { ConditionCell } from "./ConditionCell";
import type { InstanceVerb } from "./verbs";
import { controlsOf } from "./words";

interface Doing {
  names: ReadonlyMap<number, string> | null;
  /** What who is logged in may do at all. */
  allowed: readonly InstanceVerb[];
  isBusy: boolean;
  ask: (verb: InstanceVerb, instance: Instance) => void;
}

const BUTTONS: readonly [InstanceVerb, string][] = [
  ["revive", "Try again"],
  ["stop", "Stop"],
  ["start", "Start"],
  ["reboot", "Reboot"],
  ["delete", "Delete"],
];

/** The paper's Figure 6. */
export function instanceColumns(doing: Doing): Column<Instance>[] {
  const { names } = doing;
  const user: Column<Instance> = {
    name: "User",
    cell: ({ userid }) => names?.get(userid) ?? `user ${userid}`,
  };
  return [
    {
      name: "Name and id",
      cell: ({ id, name }) => (
        <span className="opx-id">
          {name}
          <br />
          <span className="opx-mono opx-subtle" title={id}>
            {shortId(id)}
          </span>
        </span>
      ),
    },
    ...(names ? [user] : []),
    {
      name: "Reservation",
      cell: ({ reservation: id }) => (
        <Link to="/reservations/$id" params={{ id }} className="opx-mono opx-id" title={id}>
          {shortId(id)}
        </Link>
      ),
    },
    { name: "Status", cell: ({ status }) => <StatusLabel status={status} /> },
    { name: "Condition", cell: (instance) => <ConditionCell instance={instance} /> },
    {
      name: "Start and end",
      isNumber: true,
      cell: ({ startTime, endTime }) => <Period from={startTime} to={endTime} />,
    },
    {
      name: "Node and address",
      isNumber: true,
      cell: ({ node, ipAddress }) => (
        <>
          {node}
          <br />
          <span className="opx-mono">{ipAddress ?? "no address yet"}</span>
        </>
      ),
    },
    {
      name: "Actions",
      isActions: true,
      cell: (instance) => <Actions instance={instance} {...doing} />,
    },
  ];
}

function Actions({ instance, allowed, isBusy, ask }: Doing & { instance: Instance }) {
  const can = controlsOf(instance);
  return (
    <div className="opx-actions-row">
      {BUTTONS.filter(([verb]) => can[verb] && allowed.includes(verb)).map(([verb, text]) => (
        <Button
          key={verb}
          size="sm"
          variant="link"
          isInline
          isDanger={verb === "delete"}
          isDisabled={isBusy}
          aria-label={`${text}: ${instance.name}`}
          onClick={() => ask(verb, instance)}
        >
          {text}
        </Button>
      ))}
    </div>
  );
}
