/** Which time is looked at, and in how long steps. */
import type { PageSearch } from "../../router";
import { startOfDay } from "../../time/zone";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** As many as the API answers at once. */
const STEPS_MAX = 1000;
const STEPS_MIN = 2;

interface Preset {
  name: string;
  ms: number;
  /** How long a step is where none is chosen. */
  step: number;
  isAhead?: boolean;
}

export const PRESETS: Record<string, Preset> = {
  "last-day": { name: "Last day", ms: DAY, step: HOUR },
  "last-week": { name: "Last week", ms: 7 * DAY, step: 6 * HOUR },
  "last-month": { name: "Last 30 days", ms: 30 * DAY, step: DAY },
  "last-quarter": { name: "Last 91 days", ms: 91 * DAY, step: 7 * DAY },
  "next-week": { name: "Next week", ms: 7 * DAY, step: 6 * HOUR, isAhead: true },
  "next-month": { name: "Next 30 days", ms: 30 * DAY, step: DAY, isAhead: true },
};
export const PRESET_DEFAULT = "last-week";
/** What the address says where the range is given by its ends. */
export const CUSTOM = "custom";

export const STEPS: [ms: number, name: string][] = [
  [15 * MINUTE, "15 minutes"],
  [HOUR, "1 hour"],
  [6 * HOUR, "6 hours"],
  [DAY, "1 day"],
  [7 * DAY, "1 week"],
];

export interface Range {
  from: number;
  to: number;
  step: number;
}

/** The steps that a range of this length can be shown in. */
export function stepsFor(ms: number): [ms: number, name: string][] {
  return STEPS.filter(([step]) => ms / step <= STEPS_MAX && ms / step >= STEPS_MIN);
}

/**
 * The range that an address means, its ends where a step ends as the zone's clocks have it, so that
 * the same is asked until the next step begins. `null` where it is not one.
 */
export function rangeOf(search: PageSearch, now: number, zone: string): Range | null {
  if (search.range === CUSTOM) return customRange(search);
  const preset = PRESETS[search.range ?? PRESET_DEFAULT];
  if (preset === undefined) return null;
  const step = stepIn(search, preset.ms) ?? preset.step;
  if (preset.isAhead) {
    const from = stepStart(now, step, zone);
    return { from, to: from + preset.ms, step };
  }
  const begin = stepStart(now, step, zone);
  const to = begin === now ? now : begin + Math.min(step, DAY);
  return { from: to - preset.ms, to, step };
}

function customRange(search: PageSearch): Range | null {
  const [from, to] = [Date.parse(search.from ?? ""), Date.parse(search.to ?? "")];
  if (Number.isNaN(from) || Number.isNaN(to) || to <= from) return null;
  const known = stepsFor(to - from);
  const middle = known[Math.floor(known.length / 2)]?.[0] ?? MINUTE;
  return { from, to, step: stepIn(search, to - from) ?? middle };
}

function stepIn({ step }: PageSearch, ms: number): number | undefined {
  return stepsFor(ms).find(([known]) => String(known) === step)?.[0];
}

/** When the step of `at` began: of days at midnight, of hours by the day's hours. */
function stepStart(at: number, step: number, zone: string): number {
  const midnight = startOfDay(at, zone);
  return step >= DAY ? midnight : midnight + Math.floor((at - midnight) / step) * step;
}
