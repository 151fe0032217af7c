import { type KeyboardEvent, type PointerEvent, useState } from "react";

import { type Place, useFocusWhere } from "./BarButton";
import type { RowContext } from "./RowLine";
import { type Grip, dragged, gripAt, keyed } from "./drag";
import type { Bar, Span } from "./model";
import { ANY_MOVABLE } from "./useBarFocus";
import { DRAG_PIXELS } from "./useSelecting";
import { barWords } from "./words";

interface Given extends RowContext {
  /** Where it is now, while it is dragged as well. */
  bar: Bar;
  place: Place;
}

interface Held {
  grip: Grip;
  x: number;
  origin: Span;
  moved: boolean;
}

/** A bar that is moved and resized, by pointer and by keys. */
export function MovableBar({ bar, place, ...context }: Given) {
  const { view, width, rules, focus, draft, zone, picked } = context;
  const [held, setHeld] = useState<Held | null>(null);
  const isWanted = focus.wanted === bar.id || focus.wanted === ANY_MOVABLE;
  const button = useFocusWhere(isWanted, focus.found);
  const isDraft = draft?.bar === bar.id;
  const giveUp = () => {
    setHeld(null);
    context.onDraft(null);
  };
  const take = (span: Span) => {
    giveUp();
    context.onMove?.(bar, span);
    context.sayWindow("Taken", span);
  };
  const spanAt = (event: PointerEvent, from: Held) => {
    const byMs = Math.round(((event.clientX - from.x) * (view.to - view.from)) / width);
    return dragged(from.origin, from.grip, byMs, rules);
  };
  const onPointerDown = (event: PointerEvent<HTMLButtonElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const grip = gripAt(event.clientX - left, width);
    setHeld({ grip, x: event.clientX, origin: { from: bar.from, to: bar.to }, moved: false });
  };
  const onPointerMove = (event: PointerEvent<HTMLButtonElement>) => {
    if (held === null) return;
    if (!held.moved && Math.abs(event.clientX - held.x) < DRAG_PIXELS) return;
    if (!held.moved) setHeld({ ...held, moved: true });
    context.onDraft({ bar: bar.id, span: spanAt(event, held), byKeys: false });
  };
  const onPointerUp = (event: PointerEvent<HTMLButtonElement>) => {
    if (held === null) return;
    if (held.moved) take(spanAt(event, held));
    else {
      giveUp();
      context.onPick?.(bar);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isDraft) {
      giveUp();
      context.sayWindow("Given up. The window stays", bar);
    } else if (event.key === "Enter" || event.key === " ") {
      if (isDraft) take({ from: bar.from, to: bar.to });
      else context.onPick?.(bar);
    } else {
      const span = keyed(bar, event, rules);
      if (span === null) return;
      context.onDraft({ bar: bar.id, span: { from: span.from, to: span.to }, byKeys: true });
      context.sayWindow("", span);
    }
    event.preventDefault();
  };
  const words = `${barWords(bar, zone)}${isDraft ? ". Enter takes it, Escape gives up" : ""}`;
  const isPicked = bar.id === picked;
  return (
    <button
      ref={button}
      type="button"
      className={`opx-tl-bar opx-tl-movable opx-tl-${bar.kind}${isPicked ? " opx-tl-picked" : ""}`}
      style={place}
      title={barWords(bar, zone)}
      aria-label={words}
      aria-describedby={context.helpId}
      {...{ onPointerDown, onPointerMove, onPointerUp, onKeyDown }}
      onPointerCancel={giveUp}
      onBlur={() => isDraft && giveUp()}
    >
      {bar.label}
    </button>
  );
}
