import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { readClock } from "../api/endpoints";

/** How often a test clock is read, in milliseconds. */
const TEST_CLOCK_MS = 1000;

interface Reading {
  /** The service's time when it was read. */
  server: number;
  /** This machine's time then. */
  local: number;
  testClock: boolean;
}

/** What time it is for the service. */
export const CLOCK = {
  queryKey: ["clock"],
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Reading> => {
    const asked = performance.now();
    const { now, testClock } = await readClock(signal);
    const local = performance.now();
    // The answer is as old as half of the way there and back.
    const server = Date.parse(now) + (testClock ? 0 : (local - asked) / 2);
    return { server, local, testClock };
  },
  staleTime: 60_000,
};

/**
 * Asks for the time again and again where it is a test clock's: nothing tells that somebody moved it
 * unless something became due by that. Used once, above all pages.
 */
export function useTestClock(isOn: boolean): void {
  useQuery({
    ...CLOCK,
    enabled: isOn,
    refetchInterval: ({ state }) => (state.data?.testClock ? TEST_CLOCK_MS : false),
  });
}

/**
 * The service's time in milliseconds, once every `tickMs`; `null` until it is known.
 *
 * A test clock stands still until somebody moves it.
 */
export function useNow(tickMs = 1000): number | null {
  const reading = useQuery(CLOCK).data;
  const [local, tick] = useState(() => performance.now());
  const stands = reading === undefined || reading.testClock;
  useEffect(() => {
    if (stands) return undefined;
    const timer = setInterval(() => tick(performance.now()), tickMs);
    return () => clearInterval(timer);
  }, [stands, tickMs]);
  if (reading === undefined) return null;
  return reading.testClock ? reading.server : reading.server + Math.max(0, local - reading.local);
}
