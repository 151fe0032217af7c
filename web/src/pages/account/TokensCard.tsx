import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  Card,
  CardBody,
  CardHeader,
  CardTitle,
} from "@patternfly/react-core/dist/esm/components/Card";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { endToken, listTokens } from "../../api/endpoints";
import type { ApiToken } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import type { Column } from "../../ui/DataTable";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { TableOr } from "../../ui/TableOr";
import { MakeToken } from "./MakeToken";

/** What programs log in with. */
export function TokensCard() {
  const [isMaking, setMaking] = useState(false);
  const [ending, setEnding] = useState<ApiToken | null>(null);
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: ({ signal }) => listTokens(signal) });
  const columns: Column<ApiToken>[] = [
    { name: "Name", cell: (token) => token.name },
    { name: "Made", cell: (token) => <Moment at={token.createdAt} /> },
    {
      name: "Expires",
      cell: (token) => (token.expiresAt === null ? "Never" : <Moment at={token.expiresAt} />),
    },
    {
      name: "Last used",
      cell: (token) => (token.lastUsedAt === null ? "Not yet" : <Moment at={token.lastUsedAt} />),
    },
    {
      name: "Action",
      isActions: true,
      cell: (token) => (
        <Button
          variant="link"
          isInline
          isDanger
          aria-label={`End ${token.name}`}
          onClick={() => setEnding(token)}
        >
          End
        </Button>
      ),
    },
  ];
  const make = (
    <Button variant="secondary" size="sm" onClick={() => setMaking(true)}>
      Make a token
    </Button>
  );
  return (
    <Card>
      <CardHeader actions={{ actions: make, hasNoOffset: true }}>
        <CardTitle component="h2">API tokens</CardTitle>
      </CardHeader>
      <CardBody className="opx-stack">
        <p>
          A program that shows one as <code>Authorization: Bearer</code> acts as you, without your
          password. <a href="/docs">How the API is used</a>
        </p>
        <ErrorNotice error={tokens.error} onRetry={() => void tokens.refetch()} />
        {tokens.isPending && <Loading what="the tokens" height="4rem" />}
        {tokens.data && (
          <TableOr
            label="API tokens"
            columns={columns}
            rows={tokens.data}
            keyOf={(token) => token.id}
            empty="You have no token. Make one for each program, so that each can be ended by itself."
          />
        )}
      </CardBody>
      {isMaking && <MakeToken onClose={() => setMaking(false)} />}
      {ending && <EndToken token={ending} onClose={() => setEnding(null)} />}
    </Card>
  );
}

function EndToken({ token, onClose }: { token: ApiToken; onClose: () => void }) {
  const client = useQueryClient();
  const ending = useMutation({
    mutationFn: () => endToken(token.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["tokens"] });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={`End the token ${token.name}?`}
      action="End the token"
      isDanger
      isBlocked={ending.isPending}
      onConfirm={() => ending.mutate()}
      onClose={onClose}
    >
      <ErrorNotice error={ending.error} />
      <p>Programs that use it are refused from now on. This cannot be undone.</p>
    </ConfirmDialog>
  );
}
