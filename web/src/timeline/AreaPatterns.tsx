import { useMemo } from "react";

import { outlines } from "./areas";
import type { Area, Span } from "./model";

/** The patterns that areas are filled with: firm is hatched, held is dotted. */
export function AreaPatterns() {
  return (
    <svg className="opx-tl-patterns" width="0" height="0" aria-hidden="true" focusable="false">
      <pattern id="opx-tl-hatch" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect className="opx-tl-fill-firm" width="6" height="6" />
        <path className="opx-tl-line-firm" d="M-1 1L1 -1M0 6L6 0M5 7L7 5" />
      </pattern>
      <pattern id="opx-tl-dots" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect className="opx-tl-fill-held" width="6" height="6" />
        <circle className="opx-tl-dot-held" cx="3" cy="3" r="1.2" />
      </pattern>
    </svg>
  );
}

interface Given {
  areas: readonly Area[];
  view: Span;
  width: number;
  height: number;
}

/** What is taken of a row, growing from its bottom edge. */
export function Areas({ areas, view, width, height }: Given) {
  const { firm, held } = useMemo(
    () => outlines(areas, view, width, height - 1),
    [areas, view, width, height],
  );
  return (
    <svg
      className="opx-tl-areas"
      width={width}
      height={height - 1}
      aria-hidden="true"
      focusable="false"
    >
      {firm !== "" && <path d={firm} fill="url(#opx-tl-hatch)" />}
      {held !== "" && <path d={held} fill="url(#opx-tl-dots)" />}
    </svg>
  );
}
