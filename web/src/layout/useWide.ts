import { useSyncExternalStore } from "react";

/** From this width on the places stay open beside the page. */
const WIDE = window.matchMedia("(min-width: 75rem)");

function onChange(listener: () => void): () => void {
  WIDE.addEventListener("change", listener);
  return () => WIDE.removeEventListener("change", listener);
}

/** Whether there is room for the places beside the page. */
export function useWide(): boolean {
  return useSyncExternalStore(onChange, () => WIDE.matches);
}
