import { useEffect, useState } from "react";

import type { Span } from "./model";
import { panned, toInstant, zoomed } from "./scale";

interface Given {
  view: Span;
  width: number;
  bounds?: Span;
  onView: (view: Span) => void;
}

/** Pixels of a wheel that double what can be seen. */
const WHEEL_DOUBLES = 400;

/**
 * Sideways wheels pan and wheels with Ctrl zoom around the pointer; others scroll as everywhere.
 * Returns what to give the element as its `ref`.
 */
export function useWheel({ view, width, bounds, onView }: Given) {
  const [element, listenTo] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (element === null) return undefined;
    const onWheel = (event: WheelEvent) => {
      const isZoom = event.ctrlKey || event.metaKey;
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (!isZoom && Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
      event.preventDefault();
      if (!isZoom) return onView(panned(view, sideways / width, bounds));
      const track = element.getBoundingClientRect();
      const around = toInstant(event.clientX - (track.right - width), view, width);
      onView(zoomed(view, 2 ** (event.deltaY / WHEEL_DOUBLES), around, bounds));
    };
    // React's own listeners cannot keep the page from scrolling.
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [element, view, width, bounds, onView]);
  return listenTo;
}
