import "./plots.css";

import { Suspense, lazy, useState } from "react";

import { useZone } from "../time/ZoneProvider";
import { formatMoment } from "../time/zone";
import { Loading } from "../ui/Loading";
import { type PlotShown, STYLES, formatValue } from "./model";

const Canvas = lazy(() => import("./Canvas").then(({ Canvas }) => ({ default: Canvas })));

const HEIGHT_PX = 260;

interface Given {
  /** What it shows in a sentence or two, for who does not see it. */
  summary: string;
  shown: PlotShown;
}

/** Values over time, drawn. Its numbers are to be had as a table beside it: see `Figure`. */
export function Plot({ summary, shown }: Given) {
  const { zone } = useZone();
  const [pointed, setPointed] = useState<number | null>(null);
  return (
    <div className="opx-plot">
      <ul className="opx-plot-legend" aria-label="Lines">
        {shown.series.map((one) => (
          <li key={one.name}>
            <Swatch series={one} />
            {one.name}
          </li>
        ))}
      </ul>
      <div role="img" aria-label={summary} className="opx-plot-room">
        <Suspense fallback={<Loading what="the plot" height={`${HEIGHT_PX}px`} />}>
          <Canvas shown={shown} zone={zone} height={HEIGHT_PX} onPoint={setPointed} />
        </Suspense>
      </div>
      <p className="opx-plot-pointed" aria-hidden="true">
        {pointed === null ? shown.unit : wordsAt(shown, pointed, zone)}
      </p>
    </div>
  );
}

function Swatch({ series }: { series: PlotShown["series"][number] }) {
  const { token, dash, width } = STYLES[series.look];
  const colour = `var(${token})`;
  return (
    <svg width="28" height="12" aria-hidden="true">
      {series.isFilled && <rect y="6" width="28" height="6" fill={colour} fillOpacity="0.18" />}
      <line
        x2="28"
        y1="6"
        y2="6"
        stroke={colour}
        strokeWidth={width}
        strokeDasharray={dash.join(" ")}
      />
    </svg>
  );
}

/** What the lines are at one of the times. */
function wordsAt({ times, series, unit, kind }: PlotShown, pointed: number, zone: string): string {
  const last = times.length - (kind === "steps" ? 2 : 1);
  const index = Math.min(pointed, last);
  const at = times[index];
  if (at === undefined) return unit;
  const values = series.map((one) => {
    const value = one.values[index];
    const text = value === null || value === undefined ? "not known" : formatValue(value);
    return `${one.name.toLowerCase()} ${text}`;
  });
  return `${formatMoment(at, zone)}: ${values.join(", ")} ${unit}`;
}
