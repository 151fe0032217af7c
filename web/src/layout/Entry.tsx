import "./entry.css";

import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { SITE } from "../session/site";
import { useTitle } from "../ui/useTitle";
import { ThemeSwitch } from "./ThemeSwitch";

interface Given {
  title: string;
  children: ReactNode;
}

/** What surrounds the pages of who is not logged in. */
export function Entry({ title, children }: Given) {
  useTitle(title);
  const site = useQuery(SITE).data;
  return (
    <div className="opx-entry">
      <header className="opx-entry-site">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <p className="opx-entry-name">{site?.name ?? "OpenPEX"}</p>
        <p>Reserve virtual machines ahead, and negotiate when and at what price.</p>
      </header>
      <main>
        <Card isLarge>
          <CardTitle>
            <Title headingLevel="h1" size="xl">
              {title}
            </Title>
          </CardTitle>
          <CardBody>{children}</CardBody>
        </Card>
      </main>
      <footer className="opx-entry-foot">
        <ThemeSwitch />
        <a href="/docs">API</a>
        {site && <span>Version {site.version}</span>}
      </footer>
    </div>
  );
}
