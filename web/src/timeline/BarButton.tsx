import { useEffect, useRef } from "react";

import type { RowContext } from "./RowLine";
import type { Bar, Span } from "./model";
import { barWords, windowWords } from "./words";

export interface Place {
  left: number;
  width: number;
  top: number;
}

interface Given extends RowContext {
  bars: [Bar, ...Bar[]];
  place: Place;
  onZoom: (span: Span) => void;
}

/** A bar, or several that are drawn as one and come apart when pressed. */
export function BarButton({ bars, place, onZoom, ...context }: Given) {
  const [bar] = bars;
  const { focus, zone, onPick, picked } = context;
  const isCluster = bars.length > 1;
  const isWanted = focus.wanted !== null && bars.some(({ id }) => id === focus.wanted);
  const button = useFocusWhere(isWanted, focus.found);
  const span = { from: bar.from, to: Math.max(...bars.map(({ to }) => to)) };
  const words = isCluster
    ? `${bars.length} bookings, ${windowWords(span, zone)}; press to see them apart`
    : barWords(bar, zone);
  const kind = bars.every((one) => one.kind === bar.kind) ? bar.kind : "firm";
  const isPicked = bars.some(({ id }) => id === picked);
  return (
    <button
      ref={button}
      type="button"
      className={`opx-tl-bar opx-tl-${kind}${isPicked ? " opx-tl-picked" : ""}`}
      style={place}
      title={words}
      aria-label={words}
      aria-pressed={onPick && !isCluster ? isPicked : undefined}
      tabIndex={focus.active === null || focus.active === bar.id ? 0 : -1}
      onFocus={() => focus.setActive(bar.id)}
      onBlur={() => focus.setActive(null)}
      onClick={() => (isCluster ? onZoom(span) : onPick?.(bar))}
      onKeyDown={(event) => {
        if (focus.go(bar, event.key)) event.preventDefault();
      }}
    >
      {isCluster ? bars.length : bar.label}
    </button>
  );
}

/** What to give a button as its `ref` so that it has the focus once `isWanted`. */
export function useFocusWhere(isWanted: boolean, found: () => void) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isWanted) return;
    button.current?.focus({ preventScroll: true });
    found();
  }, [isWanted, found]);
  return button;
}
