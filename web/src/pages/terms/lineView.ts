/** Which time is in view, in the address. */
import { DAY, HOUR, type Span } from "../../timeline/model";
import { PRESETS, type Preset, VIEW_MAX_MS, VIEW_MIN_MS } from "../../timeline/scale";
import { isoOf } from "./fields";
import type { Texts } from "./useTexts";

/** What is in view where the address does not say it: a week around `around`. */
function usualView(around: number): Span {
  const from = Math.floor((around - 12 * HOUR) / HOUR) * HOUR;
  return { from, to: from + PRESETS.week };
}

/** The view that the address says. */
export function viewOf(texts: Texts, around: number): Span {
  const usual = usualView(around);
  const at = Date.parse(texts.at ?? "");
  const from = Number.isNaN(at) ? usual.from : at;
  const named = PRESETS[texts.span as Preset] as number | undefined;
  const length = named ?? Number(texts.span ?? PRESETS.week);
  const isSound = Number.isSafeInteger(length) && length >= VIEW_MIN_MS && length <= VIEW_MAX_MS;
  return { from, to: from + (isSound ? length : PRESETS.week) };
}

/** What the address has to say for a view. */
export function textsOfView({ from, to }: Span): Texts {
  const named = Object.entries(PRESETS).find(([, ms]) => ms === to - from)?.[0];
  return { at: isoOf(from), span: named ?? String(to - from) };
}

/** How far one can look: a week back, and as far ahead as can be reserved. */
export function lookBounds(now: number, horizonMs: number): Span {
  return { from: now - 7 * DAY, to: now + horizonMs + 7 * DAY };
}
