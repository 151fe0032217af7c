import { readSite } from "../api/endpoints";

/** What the site is called, where it is, and what it allows. */
export const SITE = {
  queryKey: ["site"],
  queryFn: ({ signal }: { signal: AbortSignal }) => readSite(signal),
};
