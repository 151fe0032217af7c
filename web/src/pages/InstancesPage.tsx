import "../ui/lists.css";

import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { Stack } from "@patternfly/react-core/dist/esm/layouts/Stack";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { listAllInstances, listInstances } from "../api/endpoints";
import type { Instance } from "../api/types";
import { useSession } from "../session/session";
import { useSeesAll, useUserNames } from "../session/users";
import { BulkNotice } from "../ui/BulkNotice";
import { useBulk } from "../ui/bulk";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { DataTable } from "../ui/DataTable";
import { ErrorNotice } from "../ui/ErrorNotice";
import { ExportButtons } from "../ui/ExportButtons";
import { ListSkeleton, NothingHere } from "../ui/ListState";
import { Pager } from "../ui/Pager";
import { useAddress } from "../ui/useAddress";
import { useChosen } from "../ui/useChosen";
import { useTitle } from "../ui/useTitle";
import { InstanceFilters } from "./instances/InstanceFilters";
import { instanceColumns } from "./instances/columns";
import { EXPORT_MAX, instancesCsv } from "./instances/export";
import { INSTANCE_FILTERS, instanceQuery } from "./instances/filters";
import { INSTANCE_VERBS, type InstanceVerb } from "./instances/verbs";
import { controlsOf } from "./instances/words";
import { cleared, countSet } from "./reservations/filters";

const NONE: readonly Instance[] = [];
/** How many are on one page. */
const PAGE_SIZE = 25;
const BULK: readonly [InstanceVerb, string][] = [
  ["stop", "Stop"],
  ["start", "Start"],
  ["reboot", "Reboot"],
  ["delete", "Delete"],
];
const ALLOWED: Record<string, readonly InstanceVerb[]> = {
  user: ["stop", "start", "reboot", "delete"],
  operator: ["stop", "start", "reboot", "delete", "revive"],
};

const idOf = ({ id }: Instance) => id;
const nameOf = ({ name }: Instance) => name;

/** The paper's Figure 6: instances as they are, and what can be done with them. */
export function InstancesPage() {
  useTitle("Instances");
  const [search, change] = useAddress();
  const allowed = ALLOWED[useSession().data?.role ?? ""] ?? [];
  const query = instanceQuery(search);
  const { cursor } = search;
  const list = useQuery({
    queryKey: ["instances", "page", { ...query, cursor }],
    queryFn: ({ signal }) => listInstances({ ...query, cursor, limit: PAGE_SIZE }, signal),
    placeholderData: keepPreviousData,
  });
  const rows = list.data?.entries ?? NONE;
  const keys = useMemo(() => rows.map(idOf), [rows]);
  const { chosen, choose } = useChosen(keys);
  const [asked, setAsked] = useState<{ verb: InstanceVerb; rows: Instance[] } | null>(null);
  const bulk = useBulk("instances", idOf);
  const names = useUserNames();
  const seesAll = useSeesAll();
  const isBusy = bulk.progress !== null;
  // What loses a user's work is asked twice.
  const ask = (verb: InstanceVerb, rows: Instance[]) => {
    if (verb === "delete" || rows.length > 1) setAsked({ verb, rows });
    else void bulk.run(INSTANCE_VERBS[verb], rows);
  };
  const columns = instanceColumns({
    names: seesAll ? names : null,
    allowed,
    isBusy,
    ask: (verb, instance) => ask(verb, [instance]),
  });
  const chosenRows = rows.filter(({ id }) => chosen.has(id));
  return (
    <PageSection>
      <Stack hasGutter>
        <Title headingLevel="h1">Instances</Title>
        <InstanceFilters search={search} change={change} />
        <div className="opx-bar">
          {allowed.length > 0 && (
            <div className="opx-bar" role="group" aria-label="With those selected">
              <span>{`${chosen.size} selected`}</span>
              {BULK.map(([verb, text]) => {
                const able = chosenRows.filter((row) => controlsOf(row)[verb]);
                return (
                  <Button
                    key={verb}
                    variant="secondary"
                    size="sm"
                    isDanger={verb === "delete"}
                    isDisabled={isBusy || able.length === 0}
                    onClick={() => ask(verb, able)}
                  >
                    {`${text} ${able.length}`}
                  </Button>
                );
              })}
            </div>
          )}
          <ExportButtons
            of="instances"
            max={EXPORT_MAX}
            read={(limit) => listAllInstances(query, limit)}
            toCsv={instancesCsv}
          />
        </div>
        <BulkNotice bulk={bulk} nameOf={nameOf} />
        <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />
        {list.isPending && <ListSkeleton label="Reading the instances" />}
        {list.data && rows.length === 0 && (
          <Nothing
            isFiltered={countSet(search, [...INSTANCE_FILTERS, "cursor"]) > 0}
            clear={() => change(cleared(INSTANCE_FILTERS))}
          />
        )}
        {rows.length > 0 && (
          <>
            <DataTable
              label="Instances"
              columns={columns}
              rows={rows}
              keyOf={idOf}
              choosing={allowed.length > 0 ? { chosen, choose, nameOf } : undefined}
              isOld={list.isPlaceholderData}
            />
            <Pager
              count={rows.length}
              of="instances"
              cursor={cursor}
              next={list.data?.next ?? null}
              change={change}
            />
          </>
        )}
        {asked && (
          <Ask
            {...asked}
            onClose={() => setAsked(null)}
            onConfirm={() => {
              void bulk.run(INSTANCE_VERBS[asked.verb], asked.rows);
              setAsked(null);
            }}
          />
        )}
      </Stack>
    </PageSection>
  );
}

interface AskGiven {
  verb: InstanceVerb;
  rows: readonly Instance[];
  onConfirm: () => void;
  onClose: () => void;
}

function Ask({ verb, rows, onConfirm, onClose }: AskGiven) {
  const word = BULK.find(([known]) => known === verb)?.[1] ?? verb;
  const what = rows.length === 1 ? `instance ${rows[0]?.name}` : `${rows.length} instances`;
  return (
    <ConfirmDialog
      isDanger={verb === "delete"}
      title={`${word} ${what}?`}
      action={word}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      {verb === "delete" && (
        <p>
          Its disks are removed with all that is on them. The reservation and its price stay as they
          are; to get credits back, delete the reservation.
        </p>
      )}
      {rows.length > 1 && <p>{rows.map(nameOf).join(", ")}</p>}
    </ConfirmDialog>
  );
}

function Nothing({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  if (isFiltered) {
    return (
      <NothingHere title="No instance matches">
        <Button variant="link" isInline onClick={clear}>
          Clear the filters
        </Button>{" "}
        to see all there are.
      </NothingHere>
    );
  }
  return (
    <NothingHere title="No instances">
      Instances are made when a reservation is activated.{" "}
      <Link to="/reservations">See the reservations</Link>
    </NothingHere>
  );
}
