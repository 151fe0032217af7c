import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";

import { SITE } from "../session/site";

/** Says in the browser's tab what the page shows, and whose site it is of. */
export function useTitle(title: string): void {
  const site = useQuery(SITE).data?.name ?? "OpenPEX";
  useEffect(() => {
    document.title = `${title} · ${site}`;
  }, [title, site]);
}
