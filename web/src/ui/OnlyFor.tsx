import { EmptyState, EmptyStateBody } from "@patternfly/react-core/dist/esm/components/EmptyState";
import { LockIcon } from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import type { ReactNode } from "react";

import type { Role, Session } from "../api/types";
import { useSession } from "../session/session";
import { useTitle } from "./useTitle";

interface Given {
  roles: Role[];
  /** What the page is called. */
  title: string;
  children: ReactNode;
}

/** A page that only some may see; who comes by an address is told so. The API decides, not this. */
export function OnlyFor({ roles, title, children }: Given) {
  const session = useSession().data;
  if (!session || roles.includes(session.role)) return <>{children}</>;
  return <NotFor roles={roles} title={title} session={session} />;
}

function NotFor({ roles, title, session }: Omit<Given, "children"> & { session: Session }) {
  useTitle(title);
  return (
    <EmptyState headingLevel="h1" titleText={title} icon={LockIcon}>
      <EmptyStateBody>
        This page is for {roles.map((role) => `${role}s`).join(" and ")}. You are logged in as{" "}
        {session.username}, whose role is {session.role}.
      </EmptyStateBody>
    </EmptyState>
  );
}
