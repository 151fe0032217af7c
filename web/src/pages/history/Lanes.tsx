import type { RefObject } from "react";

import type { HistoryEntry, Sender } from "../../api/types";
import { formatDuration } from "../../time/zone";
import { type Piece, SENDERS, around, nameInWords } from "./entries";
import { useRoving } from "./useRoving";

/** Most events and pauses that are drawn at once. */
const DRAWN_MAX = 400;

interface Given {
  pieces: readonly Piece[];
  entries: readonly HistoryEntry[];
  index: number;
  select: (position: number) => void;
}

/** The events in their order, each in the lane of who said it; idle time is folded. */
export function Lanes({ pieces, entries, index, select }: Given) {
  const positions = entries.map(({ position }) => position);
  const selected = positions[index] ?? 0;
  const { box, onKeyDown } = useRoving(positions, selected, select);
  const lanes: (Sender | null)[] = entries.some(({ sender }) => sender === null)
    ? [...SENDERS, null]
    : [...SENDERS];
  const here = pieces.findIndex((piece) => piece.kind === "event" && piece.index === index);
  const drawn = around(pieces, here, DRAWN_MAX);
  return (
    <div
      ref={box as RefObject<HTMLDivElement | null>}
      className="opx-lanes"
      role="group"
      aria-label="Time line of events: arrow keys go through them"
      onKeyDown={onKeyDown}
    >
      {lanes.map((lane, row) => (
        <span key={lane} className="opx-lane-name" style={{ gridRow: row + 1, gridColumn: 1 }}>
          {lane ?? "unknown"}
        </span>
      ))}
      {lanes.map((lane, row) => (
        <span
          key={lane}
          className="opx-lane-line"
          style={{ gridRow: row + 1, gridColumn: `2 / span ${drawn.length}` }}
        />
      ))}
      {drawn.map((piece, column) =>
        piece.kind === "idle" ? (
          <span
            key={piece.key}
            className="opx-lane-idle"
            style={{ gridRow: `1 / span ${lanes.length}`, gridColumn: column + 2 }}
          >
            {formatDuration(piece.ms)} idle
          </span>
        ) : (
          <Mark
            key={piece.entry.position}
            entry={piece.entry}
            isSelected={piece.index === index}
            isLater={piece.index > index}
            row={lanes.indexOf(piece.entry.sender) + 1}
            column={column + 2}
            select={select}
          />
        ),
      )}
    </div>
  );
}

interface MarkGiven {
  entry: HistoryEntry;
  isSelected: boolean;
  isLater: boolean;
  row: number;
  column: number;
  select: (position: number) => void;
}

function Mark({ entry, isSelected, isLater, row, column, select }: MarkGiven) {
  const { position, sender, event, aggregate } = entry;
  const kind = aggregate === "instance" ? " opx-mark-instance" : "";
  return (
    <button
      type="button"
      className={`opx-mark${kind}${isLater ? " opx-mark-later" : ""}`}
      style={{ gridRow: row, gridColumn: column }}
      data-position={position}
      tabIndex={isSelected ? 0 : -1}
      aria-current={isSelected ? "step" : undefined}
      aria-label={`${nameInWords(event)}, by ${sender ?? "unknown"}, position ${position}`}
      title={nameInWords(event)}
      onClick={() => select(position)}
    />
  );
}
