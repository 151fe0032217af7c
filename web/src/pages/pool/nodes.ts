import { useQuery } from "@tanstack/react-query";

import { listNodes } from "../../api/endpoints";

/** The physical hosts, by name. */
export function useNodes() {
  return useQuery({ queryKey: ["nodes"], queryFn: ({ signal }) => listNodes(signal) });
}

/** Their names; none while they are read. */
export function useNodeNames(): string[] {
  return useNodes().data?.map(({ name }) => name) ?? [];
}
