import { describe, expect, it } from "vitest";

import { outlines } from "./areas";

describe("areas", () => {
  const areas = [
    { from: 0, to: 10, firm: 500, held: 250 },
    { from: 10, to: 20, firm: 0, held: 0 },
    { from: 20, to: 30, firm: 1000, held: 200 },
  ];

  it("stand on each other, and never above the row", () => {
    expect(outlines(areas, { from: 0, to: 30 }, 300, 40)).toEqual({
      firm: "M0 40H100V20H0ZM200 40H300V0H200Z",
      held: "M0 20H100V10H0Z",
    });
  });

  it("are drawn of what is in view only", () => {
    expect(outlines(areas, { from: 5, to: 15 }, 100, 40).firm).toBe("M0 40H50V20H0Z");
    expect(outlines(areas, { from: 40, to: 50 }, 100, 40)).toEqual({ firm: "", held: "" });
  });
});
