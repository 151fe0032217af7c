import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { NegotiationAnswer, Proposal } from "../../api/types";

/** Terms are tried once they rest for so many milliseconds. */
const REST_MS = 300;
/** What others book is in no event that a user may see: the answer is asked for again so often. */
export const AGAIN_MS = 2000;

export type Ask = (proposal: Proposal, signal: AbortSignal) => Promise<NegotiationAnswer>;

/** `text` once it has not changed for a while. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

/** What `proposal` would be answered with; nothing is kept of it. `null` is not asked. */
export function useTrial(proposal: Proposal | null, whose: string, ask: Ask) {
  const text = JSON.stringify(proposal);
  const rested = useRested(text);
  const trial = useQuery({
    queryKey: ["trial", whose, rested],
    queryFn: ({ signal }) => ask(JSON.parse(rested) as Proposal, signal),
    enabled: rested !== "null",
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.error === null ? AGAIN_MS : false),
    staleTime: 0,
  });
  const isCurrent = text === rested && !trial.isPlaceholderData;
  return { ...trial, isCurrent };
}

export type Trial = ReturnType<typeof useTrial>;
