import { useQuery } from "@tanstack/react-query";

import { listTemplates, listTypes } from "../../api/endpoints";
import { RESERVATION_STATUSES } from "../../api/types";
import type { PageSearch } from "../../router";
import { useSeesAll } from "../../session/users";
import { ChoiceMenu } from "../../ui/ChoiceMenu";
import { ChoiceField, Field } from "../../ui/Field";
import { Filters } from "../../ui/Filters";
import { IdField } from "../../ui/IdField";
import { MomentField } from "../../ui/MomentField";
import type { ChangeAddress } from "../../ui/useAddress";
import { RESERVATION_FILTERS, cleared, countSet, statusesOf } from "./filters";
import { UserField } from "./UserField";

/** Which reservations are listed: all of it is in the address. */
export function ReservationFilters(given: { search: PageSearch; change: ChangeAddress }) {
  const { search, change } = given;
  const seesAll = useSeesAll();
  const types = useQuery({ queryKey: ["types"], queryFn: ({ signal }) => listTypes(signal) }).data;
  const templates = useQuery({
    queryKey: ["templates"],
    queryFn: ({ signal }) => listTemplates(signal),
  }).data;
  const set = (name: string) => (value: string | undefined) =>
    change({ [name]: value, cursor: undefined });
  return (
    <Filters
      set={countSet(search, RESERVATION_FILTERS)}
      onClear={() => change(cleared(RESERVATION_FILTERS))}
    >
      <Field name="Status">
        <ChoiceMenu
          label="Status"
          options={RESERVATION_STATUSES}
          chosen={statusesOf(search)}
          onChange={(statuses) => set("status")(statuses.join(",") || undefined)}
        />
      </Field>
      <ChoiceField
        id="filter-type"
        name="Type"
        any="Any type"
        options={types?.map(({ name }) => name) ?? []}
        value={search.type}
        onChange={set("type")}
      />
      <ChoiceField
        id="filter-template"
        name="Template"
        any="Any template"
        options={templates?.map(({ name }) => name) ?? []}
        value={search.template}
        onChange={set("template")}
      />
      <Field id="filter-from" name="Ends after">
        <MomentField
          id="filter-from"
          label="Ends after"
          value={search.from}
          onChange={set("from")}
        />
      </Field>
      <Field id="filter-to" name="Starts before">
        <MomentField id="filter-to" label="Starts before" value={search.to} onChange={set("to")} />
      </Field>
      {seesAll && <UserField value={search.user} onChange={set("user")} />}
      <IdField
        key={search.id}
        id="filter-id"
        name="Reservation id"
        value={search.id}
        onChange={set("id")}
      />
    </Filters>
  );
}
