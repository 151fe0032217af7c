import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

/** How long a page may take until its heading is there, in milliseconds. */
const PATIENCE_MS = 5000;

/**
 * Takes the keyboard to the heading of the page that one has gone to, and gives the words in which
 * the arrival is told to who does not see it. A change of what the same page shows is no arrival.
 */
export function useArrival(mainId: string): string {
  // Where one is, not where one is going: until the page is loaded the one before is shown.
  const path = useRouterState({
    select: ({ location, resolvedLocation }) => (resolvedLocation ?? location).pathname,
  });
  const from = useRef(path);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (from.current === path) return undefined;
    from.current = path;
    const main = document.getElementById(mainId);
    if (main === null) return undefined;
    main.scrollTo({ top: 0 });
    const arrive = (): boolean => {
      const heading = main.querySelector<HTMLElement>("h1");
      if (heading === null) return false;
      heading.tabIndex = -1;
      // Where a page has put the keyboard somewhere itself, it stays there.
      if (!main.contains(document.activeElement) || document.activeElement === main) {
        heading.focus({ preventScroll: true });
      }
      setWords(document.title);
      return true;
    };
    if (arrive()) return undefined;
    main.focus({ preventScroll: true });
    const watching = new MutationObserver(() => {
      if (arrive()) watching.disconnect();
    });
    watching.observe(main, { childList: true, subtree: true });
    const giveUp = setTimeout(() => watching.disconnect(), PATIENCE_MS);
    return () => {
      clearTimeout(giveUp);
      watching.disconnect();
    };
  }, [path, mainId]);
  return words;
}
