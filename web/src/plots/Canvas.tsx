import "uplot/dist/uPlot.min.css";

import { useEffect, useRef } from "react";
import uPlot from "uplot";

import { timeMarks } from "./axis";
import { type PlotShown, STYLES, formatValue } from "./model";
import { useIsDark } from "../theme/useIsDark";

interface Given {
  shown: PlotShown;
  zone: string;
  height: number;
  /** Called with the place in `times` that is pointed at; `null` where none is. */
  onPoint: (index: number | null) => void;
}

const NARROWEST_PX = 160;
const FONT_PX = 12;

/** The drawing itself, by uPlot; made anew where the theme or the zone has changed. */
export function Canvas({ shown, zone, height, onPoint }: Given) {
  const room = useRef<HTMLDivElement>(null);
  const isDark = useIsDark();
  useEffect(() => {
    const place = room.current;
    if (place === null) return undefined;
    const width = () => Math.max(NARROWEST_PX, Math.floor(place.clientWidth));
    const plot = new uPlot(
      { ...optionsOf(shown, zone, place, onPoint), width: width(), height },
      dataOf(shown),
      place,
    );
    const watching = new ResizeObserver(() => {
      if (plot.width !== width()) plot.setSize({ width: width(), height });
    });
    watching.observe(place);
    return () => {
      watching.disconnect();
      plot.destroy();
    };
    // `isDark` changes what the tokens are.
  }, [shown, zone, height, onPoint, isDark]);
  return <div ref={room} className="opx-plot-canvas" />;
}

/** A step holds to its end, so the last value comes once more there. */
function dataOf({ times, series, kind }: PlotShown): uPlot.AlignedData {
  const values = series.map((one) =>
    kind === "steps" ? [...one.values, one.values.at(-1) ?? null] : [...one.values],
  );
  return [times.map((at) => at / 1000), ...values];
}

function optionsOf(
  shown: PlotShown,
  zone: string,
  place: HTMLElement,
  onPoint: (index: number | null) => void,
): Omit<uPlot.Options, "width" | "height"> {
  const styles = getComputedStyle(place);
  const colour = (token: string) => styles.getPropertyValue(token).trim() || "gray";
  const text = colour("--pf-t--global--text--color--subtle");
  const line = { stroke: colour("--pf-t--global--border--color--default"), width: 1 };
  const axis = {
    stroke: text,
    font: `${FONT_PX}px ${styles.fontFamily}`,
    grid: line,
    ticks: { ...line, size: 4 },
  };
  return {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: shown.kind === "points" } },
    padding: [12, 16, 0, 0],
    scales: { y: { range: (_, __, max) => [0, topOf(max)] } },
    axes: [
      {
        ...axis,
        values: (_, marks, __, ___, step) => timeMarks(marks, step, zone),
        space: 64,
        size: 44,
      },
      { ...axis, values: (_, marks) => marks.map(formatValue), size: sizeOfMarks },
    ],
    series: [
      {},
      ...shown.series.map((one) => {
        const { token, dash, width } = STYLES[one.look];
        const stroke = colour(token);
        return {
          label: one.name,
          stroke,
          dash,
          width,
          fill: one.isFilled ? transparent(stroke) : undefined,
          spanGaps: shown.kind === "points",
          paths: shown.kind === "steps" ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
          points: { show: shown.kind === "points", size: 6, fill: stroke },
        };
      }),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

/** Some room above the highest value; one unit where all are zero. */
function topOf(max: number | null): number {
  return max === null || max <= 0 ? 1 : max * 1.08;
}

function sizeOfMarks(_: uPlot, marks: string[] | null): number {
  const longest = Math.max(1, ...(marks ?? []).map((mark) => mark.length));
  return 14 + longest * FONT_PX * 0.6;
}

function transparent(colour: string): string {
  if (/^#[0-9a-f]{6}$/i.test(colour)) return `${colour}2e`;
  return `color-mix(in srgb, ${colour} 18%, transparent)`;
}
