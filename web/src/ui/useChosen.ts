import { useMemo, useState } from "react";

/**
 * Which rows of a list are chosen, by their keys.
 *
 * A row that is no longer shown is no longer chosen: nobody acts on what they do not see.
 */
export function useChosen(shown: readonly string[]) {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const chosen = useMemo(() => new Set(shown.filter((key) => marked.has(key))), [marked, shown]);
  const choose = (keys: string[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const key of keys) {
      if (isChosen) next.add(key);
      else next.delete(key);
    }
    setMarked(next);
  };
  return { chosen, choose };
}
