import { formatDuration, formatMoment } from "../time/zone";
import { type Bar, KIND_WORDS, type Row, type Span } from "./model";
import { overlaps } from "./scale";

interface Given {
  rows: readonly Row[];
  bars: readonly Bar[];
  view: Span;
  zone: string;
}

/** More lines than this are cut off; a shorter view has fewer. */
const LINES_MAX = 200;

interface Line extends Span {
  key: string;
  row: string;
  what: string;
}

/** Everything in the view as lines of text, in order of time. */
function linesOf({ rows, bars, view }: Omit<Given, "zone">): Line[] {
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const ofBars = bars
    .filter((bar) => overlaps(bar, view))
    .map(({ id, row, label, detail, kind, from, to }) => ({
      ...{ key: `bar ${id} ${row}`, row: names.get(row) ?? row, from, to },
      what: `${label}, ${KIND_WORDS[kind]}${detail === undefined ? "" : `, ${detail}`}`,
    }));
  const ofAreas = rows.flatMap(({ id, name, areas = [] }) =>
    areas
      .filter((area) => area.words !== undefined && overlaps(area, view))
      .map(({ from, to, words }) => ({
        ...{ key: `area ${id} ${from}`, row: name, from, to, what: words ?? "" },
      })),
  );
  return [...ofBars, ...ofAreas].sort((a, b) => a.from - b.from);
}

/** What the time line shows, to be read line by line. */
export function TimeLineTable({ rows, bars, view, zone }: Given) {
  const lines = linesOf({ rows, bars, view });
  return (
    <div className="opx-tl-table" tabIndex={0} role="group" aria-label="The time line as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Length</th>
            <th scope="col">Row</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, LINES_MAX).map(({ key, row, what, from, to }) => (
            <tr key={key}>
              <td>{formatMoment(from, zone)}</td>
              <td>{formatMoment(to, zone)}</td>
              <td>{formatDuration(to - from)}</td>
              <td>{row}</td>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {lines.length > LINES_MAX && (
        <p>
          The first {LINES_MAX} of {lines.length} lines; look at a shorter time for the others.
        </p>
      )}
      {lines.length === 0 && <p>Nothing is in view.</p>}
    </div>
  );
}
