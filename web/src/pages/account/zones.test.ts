import { describe, expect, it } from "vitest";

import { matchingZones } from "./zones";

const ZONES = [
  "UTC",
  "Africa/Porto-Novo",
  "America/New_York",
  "America/Port_of_Spain",
  "Pacific/Port_Moresby",
];

describe("finding a zone", () => {
  it("shows all before anything is typed", () => {
    expect(matchingZones(ZONES, " ")).toEqual(ZONES);
  });

  it("finds any part, in any case, with blanks for underscores", () => {
    expect(matchingZones(ZONES, "new york")).toEqual(["America/New_York"]);
    expect(matchingZones(ZONES, "utc")).toEqual(["UTC"]);
    expect(matchingZones(ZONES, "mars")).toEqual([]);
  });

  it("has those first whose city begins so", () => {
    expect(matchingZones(ZONES, "porto")).toEqual(["Africa/Porto-Novo"]);
    expect(matchingZones([...ZONES, "America/Porto_Velho", "X/A_Port"], "port").at(-1)).toBe(
      "X/A_Port",
    );
  });
});
