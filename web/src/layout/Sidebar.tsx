import { Nav, NavItem, NavList } from "@patternfly/react-core/dist/esm/components/Nav";
import { PageSidebar, PageSidebarBody } from "@patternfly/react-core/dist/esm/components/Page";
import { Link, useLocation } from "@tanstack/react-router";

import { useSession } from "../session/session";
import { isAt, placesOf } from "./places";

interface Given {
  isOpen: boolean;
  /** Called when somebody has chosen where to go. */
  onLeave: () => void;
}

/** Where one can go. */
export function Sidebar({ isOpen, onLeave }: Given) {
  const path = useLocation({ select: (location) => location.pathname });
  const role = useSession().data?.role;
  return (
    <PageSidebar isSidebarOpen={isOpen}>
      <PageSidebarBody>
        <Nav aria-label="Places" onSelect={onLeave}>
          <NavList>
            {placesOf(role).map(({ to, name }) => (
              <NavItem key={to} isActive={isAt(to, path)}>
                <Link to={to} aria-current={isAt(to, path) ? "page" : undefined}>
                  {name}
                </Link>
              </NavItem>
            ))}
            <NavItem>
              <a href="/docs">API</a>
            </NavItem>
          </NavList>
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
}
