import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { listEntries } from "../../api/endpoints";
import type { Account, AccountEntry } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Credits, formatCredits } from "../../ui/Money";
import { TableOr } from "../../ui/TableOr";
import { shortId } from "../../ui/shortId";
import { causeInWords } from "./causes";

const ENTRIES_PER_PAGE = 10;

const COLUMNS: Column<AccountEntry>[] = [
  { name: "When", cell: (entry) => <Moment at={entry.at} /> },
  { name: "What for", cell: (entry) => <Cause entry={entry} /> },
  { name: "Amount", isNumber: true, cell: (entry) => signed(entry.amount) },
  { name: "Balance", isNumber: true, cell: (entry) => formatCredits(entry.balance) },
];

function signed(amount: string): string {
  const [sign, rest] = [amount.slice(0, 1), amount.slice(1)];
  return `${sign === "-" ? "−" : "+"}${formatCredits(rest)}`;
}

/** What there is to spend, and each change of it. */
export function CreditsCard({ account }: { account: Account | undefined }) {
  const navigate = useNavigate();
  const { before } = useSearch({ strict: false });
  const entries = useQuery({
    queryKey: ["entries", before],
    queryFn: ({ signal }) => listEntries({ limit: ENTRIES_PER_PAGE, cursor: before }, signal),
    placeholderData: (previous) => previous,
  });
  const page = entries.data;
  const go = (cursor: string | undefined) =>
    void navigate({ to: "/account", search: (old) => ({ ...old, before: cursor }) });
  return (
    <Card>
      <CardTitle component="h2">Credits</CardTitle>
      <CardBody className="opx-stack">
        {account && (
          <p>
            <strong>
              <Credits amount={account.balance} />
            </strong>{" "}
            to spend: {formatCredits(account.granted)} granted, {formatCredits(account.spent)}{" "}
            spent.
          </p>
        )}
        <ErrorNotice error={entries.error} onRetry={() => void entries.refetch()} />
        {entries.isPending && <Loading what="the entries" />}
        {page && (
          <TableOr
            label="Entries of the account"
            columns={COLUMNS}
            rows={page.entries}
            keyOf={(entry) => String(entry.sequence)}
            empty="Nothing was granted or charged yet."
          />
        )}
        {page && (before !== undefined || page.next !== null) && (
          <div className="opx-row">
            <Button
              variant="secondary"
              isDisabled={before === undefined}
              onClick={() => go(undefined)}
            >
              Newest
            </Button>
            <Button
              variant="secondary"
              isDisabled={page.next === null}
              onClick={() => go(page.next ?? undefined)}
            >
              Older
            </Button>
          </div>
        )}
      </CardBody>
    </Card>
  );
}

function Cause({ entry }: { entry: AccountEntry }) {
  return (
    <>
      {causeInWords(entry.cause)}
      {entry.reservation && (
        <>
          {" "}
          <Link
            to="/reservations/$id"
            params={{ id: entry.reservation }}
            className="opx-mono"
            title={entry.reservation}
          >
            {shortId(entry.reservation)}
          </Link>
        </>
      )}
      {entry.note && <span className="opx-note">: {entry.note}</span>}
    </>
  );
}
