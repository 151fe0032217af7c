import { describe, expect, it } from "vitest";

import { PRESETS } from "../../timeline/scale";
import { textsOfView, viewOf } from "./lineView";

const NOW = Date.UTC(2026, 9, 5, 8, 17);

describe("the view in the address", () => {
  it("is a week from a little before now on where nothing is said", () => {
    const view = viewOf({}, NOW);
    expect(view.from < NOW && NOW < view.to).toBe(true);
    expect(view.to - view.from).toBe(PRESETS.week);
  });

  it("comes back as it went in, presets by their names", () => {
    for (const length of [PRESETS.day, PRESETS.quarter, 12_345_678]) {
      const view = { from: NOW + 17, to: NOW + 17 + length };
      expect(viewOf(textsOfView(view), 0)).toEqual(view);
    }
    expect(textsOfView({ from: NOW, to: NOW + PRESETS.month }).span).toBe("month");
  });

  it("is never too short or too long", () => {
    for (const span of ["0", "-5", "1e99", "soon", "1.5"]) {
      const view = viewOf({ span }, NOW);
      expect(view.to - view.from).toBe(PRESETS.week);
    }
  });
});
