import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { useQuery } from "@tanstack/react-query";

import { readExplanation } from "../../api/endpoints";
import type { Sender } from "../../api/types";
import { Moment } from "../../time/ZoneProvider";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Words } from "../../ui/Words";

const NAMES: Record<Sender, string> = {
  user: "User",
  provider: "Provider",
  clock: "Clock",
  hypervisor: "Hypervisor",
};

/** What was said, turn by turn, in the order it was said. */
export function Dialogue({ id, isOwn }: { id: string; isOwn: boolean }) {
  const explanation = useQuery({
    queryKey: ["explanation", id],
    queryFn: ({ signal }) => readExplanation(id, signal),
  });
  const nameOf = (sender: Sender | null) =>
    sender === "user" && isOwn ? "You" : NAMES[sender ?? "provider"];
  return (
    <section className="opx-stack" aria-label="What was said">
      <Title headingLevel="h2" size="lg">
        What was said
      </Title>
      <ErrorNotice error={explanation.error} onRetry={() => void explanation.refetch()} />
      {explanation.isPending && <Skeleton screenreaderText="Loading what was said" />}
      <ol className="opx-turns">
        {explanation.data?.steps.map(({ position, at, sender, words }) => (
          <li key={position} className={`opx-turn opx-turn-${sender ?? "provider"}`}>
            <div className="opx-turn-head">
              <strong>{nameOf(sender)}</strong> <Moment at={at} />
            </div>
            {words.map((text, i) => (
              <p key={i}>
                <Words text={text} />
              </p>
            ))}
          </li>
        ))}
      </ol>
    </section>
  );
}
