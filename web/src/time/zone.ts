/**
 * Instants as people read and type them, in a named IANA zone.
 *
 * Instants are milliseconds since the epoch; the service keeps UTC. The zone is always printed.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    formats.set(key, found);
  }
  return found;
}

const DAY: Intl.DateTimeFormatOptions = {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
};
const MINUTE: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
const SECOND: Intl.DateTimeFormatOptions = { ...MINUTE, second: "2-digit" };

/** Whether the browser knows the zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The zone of this browser. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** All zones that the browser can name. */
export function allZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

/** Such as `Mon, 23 Nov 2026, 14:05 CET`. */
export function formatMoment(at: number, zone: string): string {
  return format(zone, { ...DAY, ...MINUTE, timeZoneName: "short" }).format(at);
}

/** The same to the second. */
export function formatMomentExactly(at: number, zone: string): string {
  return format(zone, { ...DAY, ...SECOND, timeZoneName: "short" }).format(at);
}

/** Such as `Mon, 23 Nov 2026`. */
export function formatDay(at: number, zone: string): string {
  return format(zone, DAY).format(at);
}

/** Such as `23 Nov`. */
export function formatShortDay(at: number, zone: string): string {
  return format(zone, { day: "numeric", month: "short" }).format(at);
}

/** Such as `14:05`. */
export function formatMinute(at: number, zone: string): string {
  return format(zone, MINUTE).format(at);
}

/** Such as `CET` or `GMT+5:30`, as of `at`. */
export function zoneName(at: number, zone: string): string {
  const parts = format(zone, { timeZoneName: "short" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

/** What the clocks of `zone` are ahead of UTC at `at`, in milliseconds. */
export function offsetAt(at: number, zone: string): number {
  const numeric: Intl.DateTimeFormatOptions = {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  };
  const part = Object.fromEntries(
    format(zone, numeric)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<string, number>;
  const local = Date.UTC(
    part.year ?? 0,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  );
  return local - Math.floor(at / 1000) * 1000;
}

/**
 * The instant at which the clocks of `zone` show `local` milliseconds (read as if they were UTC).
 *
 * A time that is skipped in spring is read with the offset before; of a time that comes twice in
 * autumn it is the first.
 */
export function instantOf(local: number, zone: string): number {
  const before = local - offsetAt(local - 86_400_000, zone);
  if (before + offsetAt(before, zone) === local) return before;
  const after = local - offsetAt(local + 86_400_000, zone);
  return after + offsetAt(after, zone) === local ? after : before;
}

/** As a date-and-time field shows it: `2026-11-23T14:05`. */
export function toField(at: number, zone: string): string {
  return new Date(at + offsetAt(at, zone)).toISOString().slice(0, 16);
}

/** What a date-and-time field says, or `null` where it is not filled in. */
export function fromField(text: string, zone: string): number | null {
  const local = Date.parse(`${text}Z`);
  return /^\d{4,}-\d\d-\d\dT\d\d:\d\d/.test(text) && !Number.isNaN(local)
    ? instantOf(local, zone)
    : null;
}

/** Midnight of the day of `at` in `zone`. */
export function startOfDay(at: number, zone: string): number {
  const local = at + offsetAt(at, zone);
  return instantOf(local - (((local % 86_400_000) + 86_400_000) % 86_400_000), zone);
}

/** Such as `2 d 3 h`, `1 h 05 min`, `4:09`. */
export function formatDuration(ms: number): string {
  const secs = Math.floor(Math.abs(ms) / 1000);
  const sign = ms < 0 ? "-" : "";
  const two = (n: number) => String(n).padStart(2, "0");
  const [days, hours] = [Math.floor(secs / 86_400), Math.floor(secs / 3600) % 24];
  const minutes = Math.floor(secs / 60) % 60;
  if (days > 0) return `${sign}${days} d${hours > 0 ? ` ${hours} h` : ""}`;
  if (hours > 0) return `${sign}${hours} h${minutes > 0 ? ` ${two(minutes)} min` : ""}`;
  if (minutes > 0 && secs % 60 === 0) return `${sign}${minutes} min`;
  return minutes > 0 ? `${sign}${minutes}:${two(secs % 60)} min` : `${sign}${secs} s`;
}
