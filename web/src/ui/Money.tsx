/** Credits as the API says them: `4.935`, with thousands apart. */
export function formatCredits(text: string): string {
  const [whole = "0", parts] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return parts === undefined ? grouped : `${grouped}.${parts}`;
}

/** An amount of credits. */
export function Credits({ amount }: { amount: string }) {
  return <span className="opx-credits">{formatCredits(amount)} credits</span>;
}
