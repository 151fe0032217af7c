import { describe, expect, it } from "vitest";

import { offsetAt } from "../time/zone";
import { type Rules, dragged, drawnFrom, gripAt, keyed, snap, stepFor } from "./drag";
import { BAR_PIXELS_MIN, LANES_MAX, drawn, lanesOf, stack, visibleRows } from "./lanes";
import { type Bar, DAY, HOUR, MINUTE, type Row, type Span } from "./model";
import {
  PRESETS,
  VIEW_MAX_MS,
  VIEW_MIN_MS,
  overlaps,
  panned,
  presetOf,
  showing,
  toInstant,
  toPixels,
  zoomed,
} from "./scale";
import { axisOf, instantsOf, unitFor } from "./ticks";

const ZONES = ["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];
/** Days around which the clocks of the zones above change in 2026. */
const CHANGES = [
  Date.UTC(2026, 2, 8),
  Date.UTC(2026, 2, 29),
  Date.UTC(2026, 3, 5),
  Date.UTC(2026, 9, 4),
  Date.UTC(2026, 9, 25),
  Date.UTC(2026, 10, 1),
];
const WEEK: Span = { from: Date.UTC(2026, 9, 19), to: Date.UTC(2026, 9, 26) };

describe("the scale", () => {
  it("finds back the instant of every pixel", () => {
    for (let x = 0; x <= 1000; x += 7) {
      expect(Math.abs(toPixels(toInstant(x, WEEK, 1000), WEEK, 1000) - x)).toBeLessThan(0.001);
    }
  });

  it("zooms around the pointer, and not without end", () => {
    const around = WEEK.from + 2 * DAY;
    const half = zoomed(WEEK, 0.5, around);
    expect(toPixels(around, half, 1000)).toBeCloseTo(toPixels(around, WEEK, 1000), 3);
    expect(half.to - half.from).toBe(3.5 * DAY);
    const least = zoomed(WEEK, 0.000_001, around);
    expect(least.to - least.from).toBe(VIEW_MIN_MS);
    const most = zoomed(WEEK, 1_000_000, around);
    expect(most.to - most.from).toBe(VIEW_MAX_MS);
  });

  it("stays inside of its bounds", () => {
    const bounds = { from: WEEK.from - HOUR, to: WEEK.to + 30 * DAY };
    expect(panned(WEEK, -1, bounds)).toEqual({ from: WEEK.from - HOUR, to: WEEK.to - HOUR });
    expect(panned(WEEK, 0.5)).toEqual({ from: WEEK.from + 3.5 * DAY, to: WEEK.to + 3.5 * DAY });
  });

  it("names the view and moves it to what is asked for", () => {
    expect(presetOf(WEEK)).toBe("week");
    expect(presetOf({ from: 0, to: PRESETS.quarter + 1 })).toBeNull();
    const later = { from: WEEK.to + DAY, to: WEEK.to + DAY + HOUR };
    const seen = showing(WEEK, later);
    expect(seen.to - seen.from).toBe(7 * DAY);
    expect(seen.from <= later.from && later.to <= seen.to).toBe(true);
    expect(showing(WEEK, { from: WEEK.from, to: WEEK.to })).toBe(WEEK);
  });
});

describe("ticks", () => {
  it("are at every instant at which the clocks show a round time, and at no other", () => {
    for (const zone of ZONES) {
      for (const change of CHANGES) {
        const view = { from: change - DAY, to: change + 2 * DAY };
        for (const unit of [15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 12 * HOUR]) {
          const expected: number[] = [];
          for (let at = view.from; at < view.to; at += 15 * MINUTE) {
            if ((at + offsetAt(at, zone)) % unit === 0) expected.push(at);
          }
          expect(instantsOf(view, unit, zone), `${zone} ${change} ${unit}`).toEqual(expected);
        }
      }
    }
  });

  it("begin each day, week and month once", () => {
    for (const zone of [...ZONES, "Africa/Cairo", "America/Santiago"]) {
      const year = { from: Date.UTC(2026, 0, 1) - DAY, to: Date.UTC(2027, 0, 1) + DAY };
      const months = instantsOf(year, "month", zone);
      expect(months.length, zone).toBe(13);
      const weeks = instantsOf(year, "week", zone);
      expect([52, 53], zone).toContain(weeks.length);
      const october = { from: Date.UTC(2026, 8, 28), to: Date.UTC(2026, 10, 4) };
      const days = instantsOf(october, "day", zone);
      const dates = days.map((at) => new Date(at + offsetAt(at, zone)).getUTCDate());
      expect(new Set(days).size).toBe(days.length);
      for (const [i, date] of dates.entries()) {
        const next = dates[i + 1];
        if (next !== undefined) expect([date + 1, 1], zone).toContain(next);
      }
    }
  });

  it("have room for their texts", () => {
    expect(unitFor(WEEK, 1000)).toBe("day");
    expect(unitFor({ from: 0, to: DAY }, 1000)).toBe(3 * HOUR);
    expect(unitFor({ from: 0, to: PRESETS.quarter }, 1000)).toBe("week");
    const { ticks, above } = axisOf(WEEK, 1000, "Europe/Zurich");
    expect(ticks.map(({ text }) => text)).toEqual([
      "20 Oct",
      "21 Oct",
      "22 Oct",
      "23 Oct",
      "24 Oct",
      "25 Oct",
      "26 Oct",
    ]);
    expect(above).toEqual([{ at: WEEK.from, text: "Oct 2026" }]);
  });

  it("name the zone beside the day, before and after a change of the clocks", () => {
    const view = { from: Date.UTC(2026, 9, 24, 22), to: Date.UTC(2026, 9, 26, 23) };
    const { above } = axisOf(view, 1000, "Europe/Zurich");
    expect(above.map(({ text }) => text)).toEqual([
      "Sun, 25 Oct 2026, CEST",
      "Mon, 26 Oct 2026, CET",
    ]);
  });
});

describe("lanes", () => {
  const bar = (id: string, from: number, to: number, row = "n1"): Bar => ({
    ...{ id, row, from, to },
    kind: "firm",
    label: id,
  });

  it("put what overlaps beside each other, and what follows into the same lane", () => {
    const { lanes } = lanesOf([bar("c", 10, 20), bar("a", 0, 10), bar("b", 5, 15)]).get("n1") ?? {
      lanes: [],
    };
    expect(lanes.map((lane) => lane.map(({ id }) => id))).toEqual([["a", "c"], ["b"]]);
  });

  it("have room to be hit each where they can be moved, however short they are", () => {
    const movable = (id: string, from: number) => ({ ...bar(id, from, from + 1), isMovable: true });
    const bars = [movable("a", 0), movable("b", 10), movable("c", 30)];
    const lanes = lanesOf(bars, 24).get("n1")?.lanes ?? [];
    expect(lanes.map((lane) => lane.map(({ id }) => id))).toEqual([["a", "c"], ["b"]]);
  });

  it("share the last lane where there are too many", () => {
    const many = Array.from({ length: 20 }, (_, i) => bar(`b${i}`, i, 100));
    expect(lanesOf(many).get("n1")?.lanes.length).toBe(LANES_MAX);
  });

  it("show only the rows that can be seen, whatever their heights", () => {
    const rows: Row[] = Array.from({ length: 200 }, (_, i) => ({ id: `n${i}`, name: `n${i}` }));
    const bars = rows.flatMap(({ id }, i) =>
      Array.from({ length: (i % 4) + 1 }, (_, j) => bar(`${id}-${j}`, 0, 10 + j, id)),
    );
    const placed = stack(rows, lanesOf(bars));
    for (const top of [0, 333, 5000, 1_000_000]) {
      const seen = visibleRows(placed, top, 400);
      for (const row of placed) {
        const inside = row.top < top + 400 && row.top + row.height > top;
        if (inside) expect(seen).toContain(row);
      }
      expect(seen.length).toBeLessThan(16);
    }
  });

  it("draw all of 5,000 bars, none too small to be hit, few at once", () => {
    const bars = Array.from({ length: 5000 }, (_, i) => {
      const from = WEEK.from + ((i * 7919) % 12_960) * 10 * MINUTE;
      return bar(`b${i}`, from, from + (1 + (i % 9)) * HOUR, `n${i % 200}`);
    });
    const quarter = { from: WEEK.from, to: WEEK.from + PRESETS.quarter };
    let [seen, most] = [0, 0];
    for (const { lanes } of lanesOf(bars).values()) {
      let buttons = 0;
      for (const lane of lanes) {
        const shown = drawn(lane, quarter, 1000);
        for (const [i, one] of shown.entries()) {
          expect(one.width).toBeGreaterThanOrEqual(BAR_PIXELS_MIN);
          const next = shown[i + 1];
          if (next) expect(next.left).toBeGreaterThanOrEqual(one.left + one.width - 1);
          seen += one.bars.length;
        }
        buttons += shown.length;
      }
      most = Math.max(most, buttons);
    }
    expect(seen).toBe(bars.filter((one) => overlaps(one, quarter)).length);
    expect(most).toBeLessThan(30);
  });

  it("draw nothing outside of the view", () => {
    const lane = [bar("a", 0, 10), bar("b", 10, 20), bar("c", 20, 30)];
    expect(drawn(lane, { from: 10, to: 20 }, 500).map(({ bars }) => bars[0].id)).toEqual(["b"]);
  });
});

describe("dragging", () => {
  const rules: Rules = {
    stepMs: HOUR,
    zone: "Asia/Kolkata",
    bounds: { from: WEEK.from, to: WEEK.to },
    lengthMinMs: MINUTE,
    lengthMaxMs: 3 * DAY,
  };
  const origin = { from: WEEK.from + 30 * MINUTE, to: WEEK.from + 150 * MINUTE };

  it("snaps to the hours of the zone, not of UTC", () => {
    expect(snap(WEEK.from + 40 * MINUTE, rules)).toBe(WEEK.from + 30 * MINUTE);
    expect(dragged(origin, "move", 80 * MINUTE, rules)).toEqual({
      from: origin.from + HOUR,
      to: origin.to + HOUR,
    });
  });

  it("keeps the length while moving, also against the bounds", () => {
    for (const by of [-30 * DAY, 30 * DAY, 7 * MINUTE]) {
      const moved = dragged(origin, "move", by, rules);
      expect(moved.to - moved.from).toBe(origin.to - origin.from);
      expect(moved.from >= WEEK.from && moved.to <= WEEK.to).toBe(true);
    }
  });

  it("changes one end only, and never past the other", () => {
    expect(dragged(origin, "to", HOUR, rules)).toEqual({ from: origin.from, to: origin.to + HOUR });
    expect(dragged(origin, "to", -30 * DAY, rules)).toEqual({
      from: origin.from,
      to: origin.from + MINUTE,
    });
    expect(dragged(origin, "from", HOUR, rules).to).toBe(origin.to);
    expect(dragged(origin, "to", 6 * DAY, rules).to).toBe(origin.from + 3 * DAY);
  });

  it("draws a window in either direction", () => {
    const a = WEEK.from + 90 * MINUTE;
    expect(drawnFrom(a, a + 2 * HOUR, rules)).toEqual({ from: a, to: a + 2 * HOUR });
    expect(drawnFrom(a + 2 * HOUR, a, rules)).toEqual({ from: a, to: a + 2 * HOUR });
    expect(drawnFrom(a, a, rules)).toEqual({ from: a, to: a + HOUR });
  });

  it("does the same by keys", () => {
    const press = (key: string, shiftKey = false) => keyed(origin, { key, shiftKey }, rules);
    expect(press("ArrowRight")).toEqual({ from: origin.from + HOUR, to: origin.to + HOUR });
    expect(press("ArrowRight", true)).toEqual({ from: origin.from, to: origin.to + HOUR });
    expect(press("ArrowLeft", true)).toEqual({ from: origin.from, to: origin.to - HOUR });
    expect(press("PageDown")?.from).toBe(origin.from + DAY);
    expect(press("a")).toBeNull();
  });

  it("gets past every change of the clocks, hour by hour", () => {
    for (const zone of ZONES) {
      for (const change of CHANGES) {
        const free = { ...rules, zone, bounds: undefined };
        let span: Span = { from: change - DAY, to: change - DAY + HOUR };
        for (let i = 0; i < 80 && span.from < change + DAY; i += 1) {
          const next = keyed(span, { key: "ArrowRight", shiftKey: false }, free) ?? span;
          expect(next.from, `${zone} ${change}`).toBeGreaterThan(span.from);
          span = next;
        }
        expect(span.from).toBeGreaterThanOrEqual(change + DAY);
      }
    }
  });

  it("has steps that can be aimed at", () => {
    expect(stepFor({ from: 0, to: DAY }, 1000)).toBe(15 * MINUTE);
    expect(stepFor(WEEK, 1000)).toBe(3 * HOUR);
    expect([gripAt(2, 200), gripAt(100, 200), gripAt(199, 200), gripAt(8, 24)]).toEqual([
      "from",
      "move",
      "to",
      "move",
    ]);
  });
});
