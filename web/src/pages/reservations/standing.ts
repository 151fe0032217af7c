/** What a reservation's status means for what can be done with it. */
import type { Reservation, ReservationStatus } from "../../api/types";

/** Nothing is agreed on yet. */
export const TALKED_ABOUT: readonly ReservationStatus[] = [
  "INITIATED",
  "COUNTERED",
  "ACCEPTED",
  "CONFIRM_REQUESTED",
];
/** Both have agreed, and it is not over. */
export const AGREED: readonly ReservationStatus[] = ["CONFIRMED", "ACTIVATED"];

export function isAgreed({ status }: Reservation): boolean {
  return AGREED.includes(status);
}

/** Whether it can still be deleted. */
export function isOpen(reservation: Reservation): boolean {
  return isAgreed(reservation) || TALKED_ABOUT.includes(reservation.status);
}

/** Whether it can be activated: from its start until its end. */
export function canActivate({ status, startTime, endTime }: Reservation, now: number): boolean {
  if (status !== "CONFIRMED" || startTime === undefined || endTime === undefined) return false;
  return Date.parse(startTime) <= now && now < Date.parse(endTime);
}

/** Such as `2 × LARGE` or `2 + up to 1 × LARGE`. */
export function sizeInWords(reservation: Reservation): string {
  const { type, numInstancesFixed, numInstancesOption = 0, options } = reservation;
  if (type === undefined || numInstancesFixed === undefined) return "nothing proposed yet";
  const more = isAgreed(reservation) ? (options?.granted ?? 0) : numInstancesOption;
  return `${numInstancesFixed}${more > 0 ? ` + up to ${more}` : ""} × ${type}`;
}

/** When the first of its offers no longer holds its capacity. */
export function firstExpiry({ offers }: Pick<Reservation, "offers">): string | null {
  const times = offers.filter((offer) => offer.held).map((offer) => offer.expiresAt);
  return times.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
}

const MICRO = 1_000_000n;

/** The sum of amounts of credits, exactly. */
export function sumCredits(amounts: readonly string[]): string {
  const micros = amounts.reduce((sum, amount) => {
    const [whole = "0", parts = ""] = amount.replace("-", "").split(".");
    const size = BigInt(whole) * MICRO + BigInt(parts.padEnd(6, "0").slice(0, 6));
    return amount.startsWith("-") ? sum - size : sum + size;
  }, 0n);
  const size = micros < 0n ? -micros : micros;
  const parts = String(size % MICRO)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${micros < 0n ? "-" : ""}${size / MICRO}${parts === "" ? "" : `.${parts}`}`;
}
