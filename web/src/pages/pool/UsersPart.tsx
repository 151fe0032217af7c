import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { SearchInput } from "@patternfly/react-core/dist/esm/components/SearchInput";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { listUsers } from "../../api/endpoints";
import type { User } from "../../api/types";
import { useSession } from "../../session/session";
import { Moment } from "../../time/ZoneProvider";
import { Choice } from "../../ui/Choice";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Pager } from "../../ui/Pager";
import { TableOr } from "../../ui/TableOr";
import { useAddress } from "../../ui/useAddress";
import { GrantCredits } from "./GrantCredits";
import { MakeUser } from "./MakeUser";
import { ROLES } from "./roles";

const USERS_PER_PAGE = 25;

/** Who has an account; operators make accounts and grant credits. */
export function UsersPart() {
  const isOperator = useSession().data?.role === "operator";
  const [{ name, role, cursor }, change] = useAddress();
  const [typed, setTyped] = useState(name ?? "");
  const [granting, setGranting] = useState<User | null>(null);
  const [isMaking, setMaking] = useState(false);
  const query = { name, role, cursor, limit: USERS_PER_PAGE };
  const users = useQuery({
    queryKey: ["users", query],
    queryFn: ({ signal }) => listUsers(query, signal),
    placeholderData: keepPreviousData,
  });
  const search = (text: string) => change({ name: text || undefined, cursor: undefined });
  const clear = () => {
    setTyped("");
    search("");
  };
  return (
    <>
      <div className="opx-row opx-row-end" role="search" aria-label="Filters">
        <SearchInput
          className="opx-pool-search"
          aria-label="Username"
          placeholder="Any part of a username"
          value={typed}
          onChange={(_, text) => setTyped(text)}
          onSearch={(_, text) => search(text)}
          onClear={clear}
        />
        <Choice
          name="Role"
          options={[["", "Every role"], ...ROLES]}
          value={role ?? ""}
          onChange={(chosen) => change({ role: chosen || undefined, cursor: undefined })}
        />
        {isOperator && <Button onClick={() => setMaking(true)}>Make an account</Button>}
      </div>
      <ErrorNotice error={users.error} onRetry={() => void users.refetch()} />
      {users.isPending && <Loading what="the users" />}
      {users.data && (
        <>
          <TableOr
            label="Users"
            columns={columnsOf(isOperator, setGranting)}
            rows={users.data.entries}
            keyOf={({ userid }) => String(userid)}
            empty="No account matches. Clear the name and the role to see all."
            isOld={users.isPlaceholderData}
          />
          <Pager
            count={users.data.entries.length}
            of="users"
            cursor={cursor}
            next={users.data.next}
            change={change}
          />
        </>
      )}
      {granting && <GrantCredits user={granting} onClose={() => setGranting(null)} />}
      {isMaking && <MakeUser onClose={() => setMaking(false)} />}
    </>
  );
}

function columnsOf(isOperator: boolean, grant: (user: User) => void): Column<User>[] {
  const columns: Column<User>[] = [
    { name: "Username", cell: (user) => user.username },
    { name: "Id", isNumber: true, cell: (user) => user.userid },
    { name: "Role", cell: (user) => user.role },
    { name: "Since", cell: (user) => <Moment at={user.createdAt} /> },
    { name: "Zone", cell: (user) => user.zone ?? "the browser’s" },
  ];
  if (isOperator) {
    columns.push({
      name: "Action",
      isActions: true,
      cell: (user) => (
        <Button
          variant="secondary"
          size="sm"
          aria-label={`Grant credits to ${user.username}`}
          onClick={() => grant(user)}
        >
          Grant credits
        </Button>
      ),
    });
  }
  return columns;
}
