import { type PointerEvent, useState } from "react";

import { type Rules, drawnFrom } from "./drag";
import { HOUR, type Span } from "./model";
import { toInstant } from "./scale";

/** A window while it is being dragged: a new one, or that of a bar. */
export interface Draft {
  bar: string | null;
  span: Span;
  byKeys: boolean;
}

interface Given {
  view: Span;
  width: number;
  rules: Rules;
  onSelect?: (window: Span) => void;
  onDraft: (draft: Draft | null) => void;
  sayWindow: (what: string, span: Span) => void;
}

/** A pointer that moved less than this many pixels was no drag. */
export const DRAG_PIXELS = 4;

/** Choosing a window by dragging where no bar is. */
export function useSelecting({ view, width, rules, onSelect, onDraft, sayWindow }: Given) {
  const [anchor, setAnchor] = useState<{ x: number; at: number } | null>(null);
  const instantOf = (event: PointerEvent<HTMLElement>) =>
    toInstant(event.clientX - event.currentTarget.getBoundingClientRect().left, view, width);
  const spanTo = (event: PointerEvent<HTMLElement>) =>
    anchor === null || Math.abs(event.clientX - anchor.x) < DRAG_PIXELS
      ? null
      : drawnFrom(anchor.at, instantOf(event), rules);
  const end = () => {
    setAnchor(null);
    onDraft(null);
  };
  return {
    isPossible: onSelect !== undefined,
    /** A first window for who has none yet: an hour at the next full one. */
    begin(known: Span | null, now: number | null): Span {
      if (known !== null) return known;
      const at = Math.max(view.from, now ?? view.from, rules.bounds?.from ?? view.from);
      const from = Math.ceil(at / HOUR) * HOUR;
      return { from, to: from + Math.max(HOUR, rules.lengthMinMs) };
    },
    handlers: {
      onPointerDown(event: PointerEvent<HTMLElement>) {
        if (onSelect === undefined || event.button !== 0) return;
        if (event.target !== event.currentTarget) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setAnchor({ x: event.clientX, at: instantOf(event) });
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        const span = spanTo(event);
        if (span !== null) onDraft({ bar: null, span, byKeys: false });
      },
      onPointerUp(event: PointerEvent<HTMLElement>) {
        const span = spanTo(event);
        end();
        if (span === null) return;
        onSelect?.(span);
        sayWindow("Chosen", span);
      },
      onPointerCancel: end,
    },
  };
}

export type Selecting = ReturnType<typeof useSelecting>;
