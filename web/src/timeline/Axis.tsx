import { type PointerEvent, useMemo, useState } from "react";

import type { Span } from "./model";
import { clampInto, toPixels } from "./scale";
import { axisOf } from "./ticks";

interface Given {
  view: Span;
  width: number;
  zone: string;
  bounds: Span | undefined;
  onView: (view: Span) => void;
  trackRef: (element: HTMLElement | null) => void;
}

/** The clocks and days along the top; dragging it pans. */
export function Axis({ view, width, zone, bounds, onView, trackRef }: Given) {
  const { ticks, above } = useMemo(() => axisOf(view, width, zone), [view, width, zone]);
  const [held, setHeld] = useState<{ x: number; view: Span } | null>(null);
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setHeld({ x: event.clientX, view });
  };
  const onPointerMove = (event: PointerEvent) => {
    if (held === null) return;
    const length = held.view.to - held.view.from;
    const by = Math.round(((held.x - event.clientX) * length) / width);
    onView(clampInto({ from: held.view.from + by, to: held.view.to + by }, bounds));
  };
  const letGo = () => setHeld(null);
  const left = (at: number) => ({ left: Math.round(toPixels(at, view, width)) });
  return (
    <div className="opx-tl-head">
      <div className="opx-tl-zone" title={`Times in ${zone}`}>
        {zone}
      </div>
      <div
        ref={trackRef}
        className="opx-tl-axis"
        aria-hidden="true"
        {...{ onPointerDown, onPointerMove }}
        onPointerUp={letGo}
        onPointerCancel={letGo}
      >
        {above.map(({ at, text }) => (
          <span key={`above ${at}`} className="opx-tl-above" style={left(at)}>
            {text}
          </span>
        ))}
        {ticks.map(({ at, text }) => (
          <span key={at} className="opx-tl-tick" style={left(at)}>
            {text}
          </span>
        ))}
      </div>
    </div>
  );
}
