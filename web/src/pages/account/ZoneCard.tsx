import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { changeSettings } from "../../api/endpoints";
import type { Session } from "../../api/types";
import { SESSION, useSession } from "../../session/session";
import { Moment } from "../../time/ZoneProvider";
import { useNow } from "../../time/now";
import { browserZone } from "../../time/zone";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { ZoneSelect } from "./ZoneSelect";

/** Which zone is "mine" in the switch above every page. */
export function ZoneCard() {
  const client = useQueryClient();
  const kept = useSession().data?.zone ?? null;
  const now = useNow();
  const [chosen, setChosen] = useState<string | null>(null);
  const saving = useMutation({
    mutationFn: (zone: string | null) => changeSettings({ zone }),
    onSuccess: (_, zone) => {
      setChosen(null);
      client.setQueryData<Session | null>(
        SESSION.queryKey,
        (session) => session && { ...session, zone },
      );
      void client.invalidateQueries({ queryKey: ["account"] });
    },
  });
  const shown = chosen ?? kept ?? browserZone();
  return (
    <Card isFullHeight>
      <CardTitle component="h2">My time zone</CardTitle>
      <CardBody className="opx-stack">
        <p>
          What the switch above calls “Mine”.{" "}
          {kept === null
            ? `It is this browser's zone, ${browserZone()}, until you choose one.`
            : `It is ${kept} in every browser.`}
        </p>
        <ErrorNotice error={saving.error} />
        <ZoneSelect label="Zone" value={shown} onChange={setChosen} />
        {now !== null && (
          <p>
            It is now <Moment at={now} />.
          </p>
        )}
        <div className="opx-row">
          <Button
            variant="secondary"
            isDisabled={saving.isPending || chosen === null || chosen === kept}
            isLoading={saving.isPending}
            onClick={() => saving.mutate(shown)}
          >
            Keep this zone
          </Button>
          {kept !== null && (
            <Button
              variant="link"
              isDisabled={saving.isPending}
              onClick={() => saving.mutate(null)}
            >
              Use the browser’s
            </Button>
          )}
        </div>
      </CardBody>
    </Card>
  );
}
