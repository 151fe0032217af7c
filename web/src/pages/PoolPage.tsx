import "./pool/pool.css";

import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { Tab, TabTitleText, Tabs } from "@patternfly/react-core/dist/esm/components/Tabs";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { OnlyFor } from "../ui/OnlyFor";
import { PageHead } from "../ui/PageHead";
import { useAddress } from "../ui/useAddress";
import { InstancesPart } from "./pool/InstancesPart";
import { NodesPart } from "./pool/NodesPart";
import { StuckPart } from "./pool/StuckPart";
import { UsersPart } from "./pool/UsersPart";
import { STUCK } from "./pool/stuck";

const TITLE = "Pool";

/** The site as those see it who run it: nodes and their load, instances, what is stuck, users. */
export function PoolPage() {
  return (
    <OnlyFor roles={["operator", "auditor"]} title={TITLE}>
      <Pool />
    </OnlyFor>
  );
}

const PARTS = ["nodes", "instances", "stuck", "users"] as const;
type Part = (typeof PARTS)[number];

function Pool() {
  const [search, change] = useAddress();
  const part = PARTS.find((known) => known === search.part) ?? "nodes";
  const stuck = useQuery(STUCK).data?.entries.length ?? 0;
  const names: Record<Part, string> = {
    nodes: "Nodes",
    instances: "Instances",
    stuck: stuck === 0 ? "Stuck commands" : `Stuck commands (${stuck})`,
    users: "Users",
  };
  const shown: Record<Part, ReactNode> = {
    nodes: <NodesPart />,
    instances: <InstancesPart />,
    stuck: <StuckPart />,
    users: <UsersPart />,
  };
  return (
    <>
      <PageHead title={TITLE} />
      <PageSection isFilled>
        <Tabs
          activeKey={part}
          aria-label="Parts of the pool"
          mountOnEnter
          unmountOnExit
          onSelect={(_, chosen) => change({ part: String(chosen), cursor: undefined })}
        >
          {PARTS.map((known) => (
            <Tab key={known} eventKey={known} title={<TabTitleText>{names[known]}</TabTitleText>}>
              <div className="opx-stack opx-pool-part">{shown[known]}</div>
            </Tab>
          ))}
        </Tabs>
      </PageSection>
    </>
  );
}
