import { describe, expect, it } from "vitest";

import type { Offer, Reservation } from "../../api/types";
import { isWholeId } from "../../ui/shortId";
import { reservationsCsv } from "./export";
import { countSet, reservationQuery, statusesOf } from "./filters";
import { canActivate, firstExpiry, isOpen, sizeInWords, sumCredits } from "./standing";

const START = Date.UTC(2026, 9, 5, 9);
const HOUR = 3_600_000;
const RESERVATION: Reservation = {
  id: "f07640d4-32bc-4db6-857e-32b5595ba066",
  status: "CONFIRMED",
  reply: "REQUEST_SUCCESS",
  userid: 3,
  type: "LARGE",
  template: "PEX, Debian",
  numInstancesFixed: 2,
  numInstancesOption: 3,
  startTime: new Date(START).toUTCString(),
  endTime: new Date(START + HOUR).toUTCString(),
  duration: HOUR,
  price: "4.5",
  paid: "4.5",
  placement: [{ node: "node-1", count: 2 }],
  offers: [],
  reasons: [],
  instances: [],
  createdAt: "2026-10-05T08:00:00Z",
  position: 9,
};

describe("what a status means", () => {
  it("can be activated from its start until its end", () => {
    expect(
      [START - 1, START, START + HOUR - 1, START + HOUR].map((now) =>
        canActivate(RESERVATION, now),
      ),
    ).toEqual([false, true, true, false]);
    expect(canActivate({ ...RESERVATION, status: "ACTIVATED" }, START)).toBe(false);
  });

  it("can be deleted until it has ended", () => {
    expect(isOpen(RESERVATION)).toBe(true);
    expect(isOpen({ ...RESERVATION, status: "INITIATED" })).toBe(true);
    expect(isOpen({ ...RESERVATION, status: "EXPIRED" })).toBe(false);
  });

  it("says how much it is", () => {
    expect(sizeInWords(RESERVATION)).toBe("2 × LARGE");
    expect(sizeInWords({ ...RESERVATION, status: "COUNTERED" })).toBe("2 + up to 3 × LARGE");
    expect(sizeInWords({ ...RESERVATION, type: undefined })).toBe("nothing proposed yet");
  });

  it("runs out with the first offer that holds", () => {
    const offer = (held: boolean, expiresAt: string) => ({ held, expiresAt }) as Offer;
    const offers = [
      offer(true, "2026-10-05T08:10:00Z"),
      offer(true, "2026-10-05T08:09:00Z"),
      offer(false, "2026-10-05T08:01:00Z"),
    ];
    expect(firstExpiry({ offers })).toBe("2026-10-05T08:09:00Z");
    expect(firstExpiry({ offers: [] })).toBeNull();
  });

  it("adds credits up exactly", () => {
    expect(sumCredits(["0.1", "0.2"])).toBe("0.3");
    expect(sumCredits(["1", "-2.000001"])).toBe("-1.000001");
    expect(sumCredits([])).toBe("0");
  });
});

describe("the list's address", () => {
  it("is asked of the API, and what is no status is passed over", () => {
    const search = { status: "CONFIRMED,NONSENSE,ACCEPTED", user: "3", at: "7" };
    expect(statusesOf(search)).toEqual(["ACCEPTED", "CONFIRMED"]);
    expect(reservationQuery(search)).toMatchObject({ userid: "3", type: undefined });
    expect(countSet(search, ["status", "user", "type"])).toBe(2);
    expect([isWholeId(RESERVATION.id), isWholeId("f07640d4")]).toEqual([true, false]);
  });

  it("is written to a file with UTC times", () => {
    const [names, row] = reservationsCsv([RESERVATION]).split("\r\n");
    expect(names?.split(",").slice(0, 3)).toEqual(["template", "id", "type"]);
    expect(row).toContain(
      '"PEX, Debian",f07640d4-32bc-4db6-857e-32b5595ba066,LARGE,2,3,2026-10-05T09:00:00Z,',
    );
  });
});
