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
