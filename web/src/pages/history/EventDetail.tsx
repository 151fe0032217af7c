import { DescriptionList } from "@patternfly/react-core/dist/esm/components/DescriptionList";

import type { HistoryEntry } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { Term } from "./AsOf";

/** All that is known of an event: what an auditor goes by. */
export function EventDetail(given: { entry: HistoryEntry; words: string[]; who: string }) {
  const { entry, words, who } = given;
  return (
    <>
      {words.map((text, line) => (
        <p key={line}>{text}</p>
      ))}
      <DescriptionList isCompact isHorizontal>
        <Term name="Said by">{who}</Term>
        <Term name="At">
          <Moment at={entry.at} exactly />
        </Term>
        <Term name="Position">
          {`${entry.position}, event ${entry.sequence} of ${entry.aggregate === "instance" ? `instance ${entry.id}` : "the reservation"}`}
        </Term>
        <Term name="Hash">
          <span className="opx-mono">{entry.hash}</span>
        </Term>
        {entry.previousHash !== undefined && (
          <Term name="Hash before">
            <span className="opx-mono">{entry.previousHash}</span>
          </Term>
        )}
      </DescriptionList>
      <pre className="opx-json" tabIndex={0} role="region" aria-label={`Data of ${entry.event}`}>
        {JSON.stringify(entry.data, null, 2)}
      </pre>
    </>
  );
}
