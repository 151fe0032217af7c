import { useCallback, useRef } from "react";

import { newIntent } from "../api/client";

/**
 * The key of what the user wants done: the same while the same is asked again, a new one where what
 * is asked has changed, or where it has been done and is wanted once more.
 */
export function useIntent() {
  const last = useRef<{ asked: string; intent: string } | null>(null);
  const intentFor = useCallback((asked: unknown): string => {
    const text = JSON.stringify(asked);
    if (last.current?.asked !== text) last.current = { asked: text, intent: newIntent() };
    return last.current.intent;
  }, []);
  const done = useCallback(() => {
    last.current = null;
  }, []);
  return { intentFor, done };
}
