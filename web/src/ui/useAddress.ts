import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

import type { PageSearch } from "../router";

/** Changes what the address says behind its `?`; a value of `undefined` is taken out of it. */
export type ChangeAddress = (patch: PageSearch, how?: { replace?: boolean }) => void;

/** What the address says behind its `?`, and how to change it: what a page shows is kept there. */
export function useAddress(): [PageSearch, ChangeAddress] {
  const search: PageSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = useCallback<ChangeAddress>(
    (patch, { replace = false } = {}) => {
      const merged = (old: PageSearch) => ({ ...old, ...patch });
      void navigate({ to: ".", search: merged, replace, resetScroll: false });
    },
    [navigate],
  );
  return [search, change];
}
