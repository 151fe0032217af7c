/** What is talked about, as rows above the pool's. */
import type { Offer } from "../../api/types";
import { formatDuration } from "../../time/zone";
import type { Span } from "../../timeline/model";
import { formatCredits } from "../../ui/Money";
import type { TopRow } from "./TermsLine";
import { instanceWords, offerWindow, sizeWords } from "./words";

/** The bar of the window that is asked for, which can be dragged. */
export const ASKED = "asked";

export function askedRow(window: Span, label: string, name = "Your window"): TopRow {
  return {
    row: { id: ASKED, name, detail: "drag or use arrow keys", isPinned: true },
    bars: [{ id: ASKED, row: ASKED, ...window, kind: "ghost", label, isMovable: true }],
  };
}

/** How an offer differs, in as few words as fit a bar. */
function shortDifference({ differs, proposal }: Offer): string {
  switch (differs?.in) {
    case "startTime": {
      const by = formatDuration(Math.abs(differs.byMs));
      return `${by} ${differs.byMs < 0 ? "earlier" : "later"}`;
    }
    case "numInstancesFixed":
      return instanceWords(differs.granted);
    case "duration":
      return "other end";
    case "price":
      return "other price";
    case undefined:
      return sizeWords(proposal);
  }
}

export function offerId(offer: number): string {
  return `offer ${offer}`;
}

/** The offers as ghosts in a row of their own; none where there is no offer. */
export function offersRow(offers: readonly Offer[], isTrial: boolean, isMovable = false): TopRow[] {
  if (offers.length === 0) return [];
  const id = "offers";
  const name = isTrial ? "Would be offered" : "Offered";
  const bars = offers.map((offer) => ({
    ...{ id: offerId(offer.offer), row: id, ...offerWindow(offer), kind: "ghost" as const },
    label: isTrial ? shortDifference(offer) : `${offer.offer}: ${shortDifference(offer)}`,
    detail: `${formatCredits(offer.price)} credits`,
    isMovable,
  }));
  return [{ row: { id, name, isPinned: true }, bars }];
}
