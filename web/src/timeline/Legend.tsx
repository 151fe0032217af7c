import { type Bar, type BarKind, KIND_WORDS, type Row } from "./model";

const KINDS: BarKind[] = ["own", "ghost", "firm", "held"];

/** What the patterns mean: only of what there is. */
export function Legend({ bars, rows }: { bars: readonly Bar[]; rows: readonly Row[] }) {
  const kinds = new Set(bars.map(({ kind }) => kind));
  const hasAreas = rows.some(({ areas }) => areas !== undefined && areas.length > 0);
  return (
    <ul className="opx-tl-legend" aria-label="Legend">
      {KINDS.filter((kind) => kinds.has(kind)).map((kind) => (
        <li key={kind}>
          <span className={`opx-tl-key opx-tl-${kind}`} /> {KIND_WORDS[kind]}
        </li>
      ))}
      {hasAreas && (
        <>
          <li>
            <AreaKey pattern="hatch" /> share taken
          </li>
          <li>
            <AreaKey pattern="dots" /> share held by offers
          </li>
        </>
      )}
    </ul>
  );
}

function AreaKey({ pattern }: { pattern: "hatch" | "dots" }) {
  return (
    <svg className="opx-tl-key" width="24" height="14" aria-hidden="true" focusable="false">
      <rect width="24" height="14" fill={`url(#opx-tl-${pattern})`} />
    </svg>
  );
}
