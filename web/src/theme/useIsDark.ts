import { useSyncExternalStore } from "react";

const root = document.documentElement;

function onChange(listener: () => void): () => void {
  const watching = new MutationObserver(listener);
  watching.observe(root, { attributes: true, attributeFilter: ["class"] });
  return () => watching.disconnect();
}

/** Whether the page is dark, for what is not drawn by style sheets. */
export function useIsDark(): boolean {
  return useSyncExternalStore(onChange, () => root.classList.contains("pf-v6-theme-dark"));
}
