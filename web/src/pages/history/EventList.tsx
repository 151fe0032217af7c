import type { RefObject } from "react";

import type { HistoryEntry } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { formatDuration } from "../../time/zone";
import { type Piece, nameInWords } from "./entries";
import { useRoving } from "./useRoving";

interface Given {
  pieces: readonly Piece[];
  entries: readonly HistoryEntry[];
  words: ReadonlyMap<number, string[]>;
  who: (entry: HistoryEntry) => string;
  index: number;
  select: (position: number) => void;
  /** Whether each event is shown as JSON. */
  isJson: boolean;
}

/** The events in their order, in words or as JSON. */
export function EventList(given: Given) {
  const { pieces, entries, words, who, index, select, isJson } = given;
  const positions = entries.map(({ position }) => position);
  const { box, onKeyDown } = useRoving(positions, positions[index] ?? 0, select);
  return (
    <ol
      ref={box as RefObject<HTMLOListElement | null>}
      className="opx-events"
      aria-label={isJson ? "Events as JSON" : "Events"}
      onKeyDown={onKeyDown}
    >
      {pieces.map((piece) =>
        piece.kind === "idle" ? (
          <li key={piece.key} className="opx-event-idle">
            nothing for {formatDuration(piece.ms)}
          </li>
        ) : (
          <li
            key={piece.entry.position}
            className={`opx-event${piece.index === index ? " opx-event-selected" : ""}${piece.index > index ? " opx-event-later" : ""}`}
          >
            <button
              type="button"
              data-position={piece.entry.position}
              tabIndex={piece.index === index ? 0 : -1}
              aria-current={piece.index === index ? "step" : undefined}
              onClick={() => select(piece.entry.position)}
            >
              <span className="opx-event-head">
                <strong>{nameInWords(piece.entry.event)}</strong>
                <span>{who(piece.entry)}</span>
                <Moment at={piece.entry.at} exactly />
              </span>
              {!isJson &&
                words
                  .get(piece.entry.position)
                  ?.map((text, line) => <span key={line}>{text}</span>)}
            </button>
            {isJson && <pre className="opx-json">{JSON.stringify(piece.entry, null, 2)}</pre>}
          </li>
        ),
      )}
    </ol>
  );
}
