import { formatMinute, formatShortDay, startOfDay } from "../time/zone";

const DAY_S = 86_400;

/** What is written at the marks of a time axis: the minute, and the day where a new one begins. */
export function timeMarks(marks: readonly number[], stepS: number, zone: string): string[] {
  let dayBefore: number | null = null;
  return marks.map((seconds) => {
    const at = seconds * 1000;
    if (stepS >= DAY_S) return formatShortDay(at, zone);
    const day = startOfDay(at, zone);
    const isNew = day !== dayBefore;
    dayBefore = day;
    return isNew
      ? `${formatMinute(at, zone)}\n${formatShortDay(at, zone)}`
      : formatMinute(at, zone);
  });
}
