import { useCallback, useState } from "react";

import { formatDuration, formatMoment } from "../time/zone";
import { type Bar, KIND_WORDS, type Span } from "./model";

/** A window in words: `from …, to …, 2 h`. */
export function windowWords(span: Span, zone: string): string {
  const length = formatDuration(span.to - span.from);
  return `from ${formatMoment(span.from, zone)} to ${formatMoment(span.to, zone)}, ${length}`;
}

/** A bar in words. */
export function barWords(bar: Bar, zone: string): string {
  const detail = bar.detail === undefined ? "" : `, ${bar.detail}`;
  return `${bar.label}, ${KIND_WORDS[bar.kind]}${detail}, ${windowWords(bar, zone)}`;
}

/** What was said last to who cannot see the bars move. */
export function useSaid(zone: string) {
  const [said, say] = useState("");
  const sayWindow = useCallback(
    (what: string, span: Span) => say(`${what} ${windowWords(span, zone)}`),
    [zone],
  );
  return { said, sayWindow };
}
