import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import {
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core/dist/esm/components/ToggleGroup";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { readReservation } from "../../api/endpoints";
import type { Explanation, HistoryEntry } from "../../api/types";
import { useSession } from "../../session/session";
import { useUserNames } from "../../session/users";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { useAddress } from "../../ui/useAddress";
import { AsOf } from "./AsOf";
import { ChainNotice } from "./ChainNotice";
import { EventDetail } from "./EventDetail";
import { EventList } from "./EventList";
import { Lanes } from "./Lanes";
import { Scrubber } from "./Scrubber";
import { folded, instancesAsOf, selectedIndex, wordsByPosition } from "./entries";

interface Given {
  id: string;
  entries: readonly HistoryEntry[];
  explanation: Explanation | undefined;
}

/** Linked views of one history: they share the event that the address names as `at`. */
export function Story({ id, entries, explanation }: Given) {
  const [search, change] = useAddress();
  const who = useWho();
  const pieces = useMemo(() => folded(entries), [entries]);
  const words = useMemo(() => wordsByPosition(entries, explanation), [entries, explanation]);
  const index = selectedIndex(entries, search.at);
  const entry = entries[index];
  const position = entry?.position;
  const then = useQuery({
    // What was, stays: no event makes it stale.
    queryKey: ["as-of", id, position],
    queryFn: ({ signal }) => readReservation(id, position, signal),
    enabled: position !== undefined,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  if (entry === undefined) return <p>Nothing has happened.</p>;
  const select = (position: number) => change({ at: String(position) });
  const go = (index: number, how: { replace: boolean }) =>
    change({ at: String(entries[index]?.position) }, how);
  const isJson = search.view === "json";
  const view = (name: string, isOn: boolean, value: string | undefined) => (
    <ToggleGroupItem
      text={name}
      buttonId={`view-${name}`}
      isSelected={isOn}
      onChange={() => change({ view: value }, { replace: true })}
    />
  );
  return (
    <>
      <Scrubber entries={entries} index={index} go={go} />
      <Lanes pieces={pieces} entries={entries} index={index} select={select} />
      <div className="opx-history">
        <div>
          <div className="opx-bar">
            <ToggleGroup isCompact aria-label="Show events">
              {view("List", !isJson, undefined)}
              {view("JSON", isJson, "json")}
            </ToggleGroup>
            <ChainNotice entries={entries} />
          </div>
          <EventList {...{ pieces, entries, words, who, index, select, isJson }} />
        </div>
        <div className="opx-history-side">
          <Card isCompact>
            <CardTitle component="h2">As it stood after this event</CardTitle>
            <CardBody aria-busy={then.isPlaceholderData}>
              <ErrorNotice error={then.error} onRetry={() => void then.refetch()} />
              {then.isPending && <Skeleton screenreaderText="Reading how it stood" />}
              {then.data && !then.error && (
                <AsOf reservation={then.data} instances={instancesAsOf(entries, entry.position)} />
              )}
            </CardBody>
          </Card>
          <Card isCompact>
            <CardTitle component="h2">This event</CardTitle>
            <CardBody>
              <EventDetail entry={entry} words={words.get(entry.position) ?? []} who={who(entry)} />
            </CardBody>
          </Card>
        </div>
      </div>
    </>
  );
}

/** Says who said an event, by name where that is known. */
function useWho(): (entry: HistoryEntry) => string {
  const names = useUserNames();
  const session = useSession().data;
  return ({ sender, userid }) => {
    if (userid === null || userid === undefined) return sender ?? "unknown";
    const own = session?.userid === userid ? session.username : undefined;
    const name = names.get(userid) ?? own ?? `user ${userid}`;
    return sender === "user" || sender === null ? name : `${sender}, asked by ${name}`;
  };
}
