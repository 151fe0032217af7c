const WORDS: Record<string, string> = {
  opening: "Given when the account was opened",
  granted: "Granted by an operator",
  confirmed: "Reservation confirmed",
  changed: "Reservation changed",
  options_claimed: "Optional instances claimed",
  cancelled: "Refund: reservation cancelled",
  undelivered: "Refund: capacity not delivered",
};

/** Why a balance changed, in words; the API's word where it is new to the portal. */
export function causeInWords(cause: string): string {
  return WORDS[cause] ?? cause.replaceAll("_", " ");
}
