import "./share-bar.css";

interface Given {
  /** Shares by what they are of, in percent; `null` where there is no whole. */
  parts: Record<string, number | null>;
}

/** Shares of a whole, each a bar with its number. */
export function ShareBar({ parts }: Given) {
  return (
    <div className="opx-shares">
      {Object.entries(parts).map(([name, share]) => (
        <div key={name} className={`opx-share opx-share-${name}`}>
          <span className="opx-share-room" aria-hidden="true">
            <span className="opx-share-part" style={{ width: `${Math.min(share ?? 0, 100)}%` }} />
          </span>
          <span>{share === null ? "none" : `${share.toFixed(1)} % ${name}`}</span>
        </div>
      ))}
    </div>
  );
}

interface LoadGiven {
  firm: number;
  held: number;
  whole: number;
  /** Such as `MiB`; none for what is only counted. */
  unit?: string;
}

/** What of a whole is taken and held, on one bar, with the numbers. */
export function LoadBar({ firm, held, whole, unit }: LoadGiven) {
  const width = (part: number) => `${whole === 0 ? 0 : Math.min(100, (part * 100) / whole)}%`;
  return (
    <div className="opx-load">
      <span>
        {firm} of {whole} {unit}
        {held > 0 && ` and ${held} held`}
      </span>
      <span className="opx-share-room opx-load-room" aria-hidden="true">
        <span className="opx-share-part" style={{ width: width(firm) }} />
        <span className="opx-share-part opx-load-held" style={{ width: width(held) }} />
      </span>
    </div>
  );
}
