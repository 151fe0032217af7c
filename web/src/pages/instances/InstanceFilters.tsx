import { Switch } from "@patternfly/react-core/dist/esm/components/Switch";
import { useQuery } from "@tanstack/react-query";

import { listNodes, listTemplates } from "../../api/endpoints";
import { POWER_STATES } from "../../api/types";
import type { PageSearch } from "../../router";
import { useSeesAll } from "../../session/users";
import { ChoiceMenu } from "../../ui/ChoiceMenu";
import { ChoiceField, Field } from "../../ui/Field";
import { Filters } from "../../ui/Filters";
import { IdField } from "../../ui/IdField";
import type { ChangeAddress } from "../../ui/useAddress";
import { UserField } from "../reservations/UserField";
import { cleared, countSet } from "../reservations/filters";
import { INSTANCE_FILTERS, powerStatesOf } from "./filters";

/** Which instances are listed: all of it is in the address. */
export function InstanceFilters(given: { search: PageSearch; change: ChangeAddress }) {
  const { search, change } = given;
  const seesAll = useSeesAll();
  const nodes = useQuery({ queryKey: ["nodes"], queryFn: ({ signal }) => listNodes(signal) }).data;
  const templates = useQuery({
    queryKey: ["templates"],
    queryFn: ({ signal }) => listTemplates(signal),
  }).data;
  const set = (name: string) => (value: string | undefined) =>
    change({ [name]: value, cursor: undefined });
  const flip = (name: string) => (_: unknown, on: boolean) => set(name)(on ? "true" : undefined);
  return (
    <Filters
      set={countSet(search, INSTANCE_FILTERS)}
      onClear={() => change(cleared(INSTANCE_FILTERS))}
    >
      <Field name="Status">
        <ChoiceMenu
          label="Status"
          options={POWER_STATES}
          chosen={powerStatesOf(search)}
          onChange={(statuses) => set("status")(statuses.join(",") || undefined)}
        />
      </Field>
      <ChoiceField
        id="filter-template"
        name="Template"
        any="Any template"
        options={templates?.map(({ name }) => name) ?? []}
        value={search.template}
        onChange={set("template")}
      />
      <ChoiceField
        id="filter-node"
        name="Node"
        any="Any node"
        options={nodes?.map(({ name }) => name) ?? []}
        value={search.node}
        onChange={set("node")}
      />
      {seesAll && <UserField value={search.user} onChange={set("user")} />}
      <IdField
        key={search.reservation}
        id="filter-reservation"
        name="Reservation id"
        value={search.reservation}
        onChange={set("reservation")}
      />
      <Switch
        id="filter-stuck"
        label="Stuck only"
        isChecked={search.stuck === "true"}
        onChange={flip("stuck")}
      />
      <Switch
        id="filter-removed"
        label="Also removed ones"
        isChecked={search.removed === "true"}
        onChange={flip("removed")}
      />
    </Filters>
  );
}
