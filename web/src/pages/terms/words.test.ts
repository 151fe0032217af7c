import { describe, expect, it } from "vitest";

import type { Difference, Offer } from "../../api/types";
import { askedBy, differenceWords, quoteWords, sizeWords } from "./words";

const HOUR = 3_600_000;

function offer(differs: Difference | null): Offer {
  const proposal = {
    ...{ id: "r", userid: 1, type: "LARGE", numInstancesFixed: 2, numInstancesOption: 1 },
    ...{ startTime: "Mon, 05 Oct 2026 09:00:00 GMT", duration: 2 * HOUR, template: "Debian" },
  };
  const quote = { policy: "flat" as const, listPrice: "4" };
  return { offer: 1, proposal, price: "4", quote, expiresAt: "", held: true, differs };
}

describe("offers in words", () => {
  it("say how they differ, in the chosen zone", () => {
    const askedEnd = "Mon, 05 Oct 2026 11:00:00 GMT";
    const grantedEnd = "Mon, 05 Oct 2026 10:00:00 GMT";
    const words = (differs: Difference | null) => differenceWords(differs, "Europe/Zurich");
    expect(words(null)).toBe("As asked");
    expect(words({ in: "startTime", byMs: 90 * 60_000 })).toBe("Starts 1 h 30 min later");
    expect(words({ in: "startTime", byMs: -HOUR })).toBe("Starts 1 h earlier");
    expect(words({ in: "numInstancesFixed", asked: 4, granted: 1 })).toBe(
      "1 instead of 4 instances",
    );
    expect(words({ in: "duration", askedEnd, grantedEnd })).toBe(
      "Ends Mon, 5 Oct 2026, 12:00 CEST instead of Mon, 5 Oct 2026, 13:00 CEST",
    );
    expect(words({ in: "price", asked: "1234.5", price: "2000" })).toBe(
      "For 2\u202f000 instead of 1\u202f234.5 credits",
    );
  });

  it("tell what was asked", () => {
    const asked = (differs: Difference | null) => askedBy(offer(differs));
    expect(asked(null)).toEqual(offer(null).proposal);
    expect(asked({ in: "startTime", byMs: HOUR }).startTime).toBe("2026-10-05T08:00:00.000Z");
    expect(asked({ in: "numInstancesFixed", asked: 9, granted: 2 }).numInstancesFixed).toBe(9);
    const askedEnd = "Mon, 05 Oct 2026 12:00:00 GMT";
    expect(asked({ in: "duration", askedEnd, grantedEnd: "" }).duration).toBe(3 * HOUR);
  });

  it("say what, and what the price is made from", () => {
    expect(sizeWords(offer(null).proposal)).toBe("2 LARGE and up to 1 more");
    const quote = { listPrice: "1", multiplierPpm: 1_250_000, utilisationPpm: 333_333 };
    expect(quoteWords({ policy: "utilisation", ...quote })).toBe(
      "125 % of the rates, since 33.33 % of the pool is taken",
    );
    expect(quoteWords({ policy: "lead-time", ...quote, leadMs: HOUR })).toContain(
      "asked 1 h ahead",
    );
  });
});
