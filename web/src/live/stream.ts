/**
 * The event stream, and what it makes stale.
 *
 * One stream a page. The browser reconnects by itself and says with `Last-Event-ID` how far it
 * got, also over a restart of the service; where it has given up, it is opened anew from there.
 */
import { QueryClient } from "@tanstack/react-query";

import { urlOf } from "../api/client";
import type { StreamEvent } from "../api/types";

/** Whether what is shown is kept up to date. */
export type Liveness = "connecting" | "live" | "lost";

/** Changes are shown together that come within this many milliseconds. */
const BATCH_MS = 80;
/** Sums over everybody's reservations cost the service more: they are asked again this often at most. */
const SLOW_MS = 1500;
const SLOW = new Set(["statistics"]);
/** How long until a stream that the browser has given up is opened anew, in milliseconds. */
const REOPEN_MS = 1000;

/** The queries whose answers an event may have changed, by the beginnings of their keys. */
export function staleAfter(event: StreamEvent): string[][] {
  switch (event.aggregate) {
    case "reservation":
      return [
        ["reservations"],
        ["reservation", event.id],
        ["history", event.id],
        ["explanation", event.id],
        ["refund", event.id],
        ["bookings"],
        ["availability"],
        ["statistics"],
      ];
    case "instance":
      return [
        ["instances"],
        ["instance", event.id],
        ["nodes"],
        ["statistics"],
        ...(event.reservation === null
          ? []
          : [
              ["history", event.reservation],
              ["reservation", event.reservation],
            ]),
      ];
    case "account":
      return [["account"], ["entries"]];
    case "series":
      return [["series"], ["reservations"]];
    case "standing_request":
      return [["standing-requests"]];
    case "node":
      return [["nodes"], ["availability"], ["statistics"]];
    case "policy":
      return [["site"], ["types"], ["templates"]];
  }
}

export interface Stream {
  close(): void;
}

/** Opens the stream; `liveness` is told how it is. */
export function openStream(client: QueryClient, liveness: (state: Liveness) => void): Stream {
  let source: EventSource | null = null;
  let position: string | null = null;
  /** How often in a row the service has said no. */
  let refusals = 0;
  let reopening: ReturnType<typeof setTimeout> | undefined;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let waitingSlow: ReturnType<typeof setTimeout> | undefined;
  const stale = new Map<string, string[]>();
  const staleSlow = new Map<string, string[]>();

  const settle = (marked: Map<string, string[]>) => {
    const keys = [...marked.values()];
    marked.clear();
    for (const queryKey of keys) void client.invalidateQueries({ queryKey });
  };
  const mark = (keys: string[][]) => {
    for (const key of keys) {
      (SLOW.has(key[0] ?? "") ? staleSlow : stale).set(key.join("/"), key);
    }
    waiting ??= setTimeout(() => {
      waiting = undefined;
      settle(stale);
    }, BATCH_MS);
    if (staleSlow.size === 0) return;
    waitingSlow ??= setTimeout(() => {
      waitingSlow = undefined;
      settle(staleSlow);
    }, SLOW_MS);
  };
  const onEvent = (message: MessageEvent<string>) => {
    position = message.lastEventId;
    const event = JSON.parse(message.data) as StreamEvent;
    mark([["clock"], ...staleAfter(event)]);
  };
  const open = () => {
    liveness("connecting");
    // A position that the service does not take up again, of another ledger or too far back, is given up.
    if (refusals > 1) position = null;
    const first = position === null;
    source = new EventSource(urlOf("/events", { after: position ?? undefined }));
    source.onopen = () => {
      liveness("live");
      refusals = 0;
      // What happened before the stream was open is in no event of it.
      if (first) void client.invalidateQueries();
    };
    source.onmessage = onEvent;
    source.addEventListener("position", (message) => {
      position = message.lastEventId;
      mark([["clock"]]);
    });
    source.addEventListener("end", () => mark([["session"]]));
    source.onerror = () => {
      const givenUp = source?.readyState === EventSource.CLOSED;
      liveness(givenUp ? "lost" : "connecting");
      if (!givenUp) return;
      refusals += 1;
      // The service says no: perhaps the session has ended, which the next read finds out.
      mark([["session"]]);
      reopening = setTimeout(open, REOPEN_MS);
    };
  };
  const close = () => {
    clearTimeout(reopening);
    source?.close();
    source = null;
  };
  // A browser has few connections to one server: a page that nobody sees gives its own back.
  const onVisibility = () => {
    if (document.hidden) close();
    else if (source === null) open();
  };
  document.addEventListener("visibilitychange", onVisibility);
  open();
  return {
    close() {
      document.removeEventListener("visibilitychange", onVisibility);
      clearTimeout(waiting);
      clearTimeout(waitingSlow);
      close();
    },
  };
}
