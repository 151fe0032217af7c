/** Lengths of time as people type them. */
import { DAY, HOUR, MINUTE } from "../../timeline/model";

const UNITS: Record<string, number> = { d: DAY, h: HOUR, min: MINUTE, m: MINUTE, s: 1000 };
const NAMES: Record<string, string> = {
  day: "d",
  days: "d",
  hour: "h",
  hours: "h",
  minutes: "min",
};

/** Reads `2 d 3 h`, `1 h 05 min`, `90 min` or `1:30`; `null` where it is none. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  const clock = trimmed.match(/^(\d+):(\d\d)$/);
  if (clock) return Number(clock[1]) * HOUR + Number(clock[2]) * MINUTE;
  if (!/^(\d+(\.\d+)?\s*[a-z]+\s*)+$/.test(trimmed)) return null;
  let sum = 0;
  for (const [, count, word = ""] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const unit = UNITS[NAMES[word] ?? word];
    if (unit === undefined) return null;
    sum += Math.round(Number(count) * unit);
  }
  return Number.isSafeInteger(sum) ? sum : null;
}

/** The same so that it reads back: nothing of it is left out. */
export function writeDuration(ms: number): string {
  const parts: string[] = [];
  let left = ms;
  for (const [unit, name] of [
    [DAY, "d"],
    [HOUR, "h"],
    [MINUTE, "min"],
    [1000, "s"],
  ] as const) {
    const count = Math.floor(left / unit);
    left -= count * unit;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.length === 0 ? "0 min" : parts.join(" ");
}
