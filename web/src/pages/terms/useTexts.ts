import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";

/** What an address says behind its `?`. */
export type Texts = Record<string, string | undefined>;

/** Typing is written into the address once it rests for so many milliseconds. */
const REST_MS = 100;
/** How many of one's own writes are known again when they come back from the router. */
const OWN_MAX = 20;

function canonical(texts: Texts): string {
  const said = Object.entries(texts).filter(([, text]) => text !== undefined && text !== "");
  return JSON.stringify(said.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * What the page's address says, and how to change it.
 *
 * Changes are seen at once and written into the address a little later, so that typing does not
 * wait for the router; an address that somebody else wrote (a link, going back) is taken over.
 */
export function useTexts(): [Texts, (patch: Texts) => void] {
  const search = useSearch({ strict: false }) as Texts;
  const navigate = useNavigate();
  const there = canonical(search);
  const [texts, setTexts] = useState(search);
  const [seen, setSeen] = useState(there);
  const [own, setOwn] = useState<string[]>([]);
  if (there !== seen) {
    setSeen(there);
    if (!own.includes(there)) setTexts(search);
  }
  const here = canonical(texts);
  useEffect(() => {
    if (here === there) return undefined;
    const timer = setTimeout(() => {
      setOwn((own) => [...own.slice(-OWN_MAX), here]);
      void navigate({ to: ".", search: texts, replace: true, resetScroll: false });
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [here, there, texts, navigate]);
  const change = useCallback((patch: Texts) => setTexts((texts) => ({ ...texts, ...patch })), []);
  return [texts, change];
}
