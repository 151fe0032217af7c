import { type KeyboardEvent, useEffect, useRef } from "react";

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/**
 * One stop of the Tab key for a row of buttons; arrow keys, Home and End go through them.
 *
 * Each button has `data-position`, and `tabIndex` 0 only where it is selected. The selected one is kept
 * in view, without moving the page around it.
 */
export function useRoving(
  positions: readonly number[],
  selected: number,
  select: (at: number) => void,
) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const container = box.current;
    const button = container?.querySelector<HTMLElement>(`[data-position="${selected}"]`);
    if (!container || !button) return;
    const [inside, outside] = [button.getBoundingClientRect(), container.getBoundingClientRect()];
    const over = (begin: number, end: number, from: number, to: number) =>
      begin < from ? begin - from : end > to ? end - to : 0;
    container.scrollLeft += over(inside.left, inside.right, outside.left, outside.right);
    container.scrollTop += over(inside.top, inside.bottom, outside.top, outside.bottom);
    const active = document.activeElement;
    if (active !== button && active?.hasAttribute("data-position") && container.contains(active)) {
      button.focus({ preventScroll: true });
    }
  }, [selected]);
  const onKeyDown = (event: KeyboardEvent) => {
    const here = positions.indexOf(selected);
    const to =
      event.key === "Home"
        ? 0
        : event.key === "End"
          ? positions.length - 1
          : here + (STEPS[event.key] ?? 0);
    const position = positions[to];
    if (to === here || position === undefined) return;
    event.preventDefault();
    select(position);
  };
  return { box, onKeyDown };
}
