import { useQuery } from "@tanstack/react-query";

import { listTemplates, listTypes } from "../../api/endpoints";
import { SITE } from "../../session/site";
import type { Catalogue } from "./TermsForm";

/** More than any site's own limit, which the API knows. */
const INSTANCES_MAX = 1_000;

/** What can be asked for; `null` until it is known. */
export function useCatalogue() {
  const types = useQuery({ queryKey: ["types"], queryFn: ({ signal }) => listTypes(signal) });
  const templates = useQuery({
    queryKey: ["templates"],
    queryFn: ({ signal }) => listTemplates(signal),
  });
  const instancesMax = useQuery(SITE).data?.limits.instancesMax ?? INSTANCES_MAX;
  const catalogue: Catalogue | null =
    types.data && templates.data
      ? { types: types.data, templates: templates.data, instancesMax }
      : null;
  const again = () => {
    void types.refetch();
    void templates.refetch();
  };
  return { catalogue, error: types.error ?? templates.error, again };
}
