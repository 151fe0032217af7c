import { Content } from "@patternfly/react-core/dist/esm/components/Content";
import { PageSection } from "@patternfly/react-core/dist/esm/components/Page";
import { Title } from "@patternfly/react-core/dist/esm/components/Title";
import { Flex, FlexItem } from "@patternfly/react-core/dist/esm/layouts/Flex";
import type { ReactNode } from "react";

import { useTitle } from "./useTitle";

interface Given {
  title: string;
  /** A sentence on what the page is for. */
  children?: ReactNode;
  /** What can be done from here. */
  actions?: ReactNode;
}

/** What a page begins with: its one heading, which is the tab's title too. */
export function PageHead({ title, children, actions }: Given) {
  useTitle(title);
  return (
    <PageSection>
      <Flex
        justifyContent={{ default: "justifyContentSpaceBetween" }}
        alignItems={{ default: "alignItemsCenter" }}
      >
        <FlexItem>
          <Title headingLevel="h1">{title}</Title>
        </FlexItem>
        {actions && <FlexItem>{actions}</FlexItem>}
      </Flex>
      {children && <Content component="p">{children}</Content>}
    </PageSection>
  );
}
