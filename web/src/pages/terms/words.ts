/** Offers and reasons in words. */
import type { Difference, Offer, ProposalOut, Quote, Reason } from "../../api/types";
import type { Span } from "../../timeline/model";
import { formatDuration, formatMoment } from "../../time/zone";
import { formatCredits } from "../../ui/Money";

/** How an offer differs from what was asked. */
export function differenceWords(differs: Difference | null, zone: string): string {
  if (differs === null) return "As asked";
  switch (differs.in) {
    case "startTime": {
      const by = formatDuration(Math.abs(differs.byMs));
      return differs.byMs < 0 ? `Starts ${by} earlier` : `Starts ${by} later`;
    }
    case "numInstancesFixed":
      return `${differs.granted} instead of ${instanceWords(differs.asked)}`;
    case "duration": {
      const [granted, asked] = [differs.grantedEnd, differs.askedEnd].map(Date.parse);
      return `Ends ${formatMoment(granted ?? 0, zone)} instead of ${formatMoment(asked ?? 0, zone)}`;
    }
    case "price":
      return `For ${formatCredits(differs.price)} instead of ${formatCredits(differs.asked)} credits`;
  }
}

export function instanceWords(count: number): string {
  return count === 1 ? "1 instance" : `${count} instances`;
}

/** How many of what: `2 LARGE and up to 1 more`. */
export function sizeWords(terms: Partial<ProposalOut>): string {
  const { type = "", numInstancesFixed = 0, numInstancesOption = 0 } = terms;
  const more = numInstancesOption > 0 ? ` and up to ${numInstancesOption} more` : "";
  return `${numInstancesFixed} ${type}${more}`;
}

/** What a price was made from. */
export function quoteWords(quote: Quote): string {
  const percent = (ppm: number) => `${Number((ppm / 10_000).toFixed(2))} %`;
  switch (quote.policy) {
    case "utilisation": {
      const rate = percent(quote.multiplierPpm ?? 1_000_000);
      return `${rate} of the rates, since ${percent(quote.utilisationPpm ?? 0)} of the pool is taken`;
    }
    case "lead-time": {
      const rate = percent(quote.multiplierPpm ?? 1_000_000);
      return `${rate} of the rates, asked ${formatDuration(quote.leadMs ?? 0)} ahead`;
    }
    case "calendar": {
      const [peak, off] = [quote.peakMs ?? 0, quote.offPeakMs ?? 0].map(formatDuration);
      return `${peak} at peak and ${off} at off-peak rates`;
    }
    default:
      return "flat rates";
  }
}

/** The heading of a reason. */
export function reasonTitle(code: Reason["code"]): string {
  switch (code) {
    case "never_fits":
      return "It can never fit";
    case "capacity_short":
      return "Not enough is free";
    case "price_short":
      return "It costs more than you would pay";
    case "no_start_fits":
      return "No start fits";
    case "price_overflow":
      return "The price is too large";
  }
}

/** The window of an offer. */
export function offerWindow({ proposal }: { proposal: Partial<ProposalOut> }): Span {
  const from = Date.parse(proposal.startTime ?? "");
  return { from, to: from + (proposal.duration ?? 0) };
}

/** What was asked for, told by an offer and how it differs from that. */
export function askedBy({ proposal, differs }: Offer): ProposalOut {
  const { from } = offerWindow({ proposal });
  switch (differs?.in) {
    case "startTime":
      return { ...proposal, startTime: new Date(from - differs.byMs).toISOString() };
    case "numInstancesFixed":
      return { ...proposal, numInstancesFixed: differs.asked };
    case "duration":
      return { ...proposal, duration: Date.parse(differs.askedEnd) - from };
    case "price":
      return { ...proposal, price: differs.asked };
    case undefined:
      return proposal;
  }
}
