import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
} from "@patternfly/react-core/dist/esm/components/Masthead";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { Nav, NavItem, NavList } from "@patternfly/react-core/dist/esm/components/Nav";
import {
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
} from "@patternfly/react-core/dist/esm/components/Page";
import {
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core/dist/esm/components/Toolbar";
import { Link, Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";

import { logOut } from "../api/endpoints";
import type { Role } from "../api/types";
import { endSession, useSession } from "../session/session";
import { LiveStatus } from "./LiveStatus";
import { ThemeSwitch } from "./ThemeSwitch";
import { ZoneSwitch } from "./ZoneSwitch";

interface Place {
  to: "/" | "/reserve" | "/reservations" | "/instances" | "/pool" | "/statistics" | "/account";
  name: string;
  /** Who has it; everybody where left out. */
  roles?: Role[];
}

const PLACES: Place[] = [
  { to: "/", name: "Welcome" },
  { to: "/reserve", name: "Reserve", roles: ["user", "operator"] },
  { to: "/reservations", name: "Reservations" },
  { to: "/instances", name: "Instances" },
  { to: "/pool", name: "Pool", roles: ["operator", "auditor"] },
  { to: "/statistics", name: "Utilisation and prices", roles: ["operator", "auditor"] },
  { to: "/account", name: "Account" },
];

const MAIN = "main";

/** What surrounds every page: where one can go, who one is, whose clocks and colours. */
export function Frame() {
  return (
    <>
      <a className="opx-skip pf-v6-c-button pf-m-primary" href={`#${MAIN}`}>
        Skip to the page
      </a>
      <Page masthead={<Head />} sidebar={<Sidebar />} isManagedSidebar mainContainerId={MAIN}>
        <Outlet />
      </Page>
    </>
  );
}

function Head() {
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton isHamburgerButton variant="plain" aria-label="Places" />
        </MastheadToggle>
        <MastheadBrand>
          <Link to="/" className="opx-brand">
            <img src="/icon.svg" alt="" width="28" height="28" /> OpenPEX
          </Link>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isStatic>
          <ToolbarContent>
            <ToolbarItem>
              <LiveStatus />
            </ToolbarItem>
            <ToolbarItem align={{ default: "alignEnd" }}>
              <ZoneSwitch />
            </ToolbarItem>
            <ToolbarItem>
              <ThemeSwitch />
            </ToolbarItem>
            <ToolbarItem>
              <Who />
            </ToolbarItem>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );
}

function Who() {
  const client = useQueryClient();
  const router = useRouter();
  const session = useSession().data;
  if (!session) return null;
  const leave = async () => {
    await logOut();
    await router.navigate({ to: "/login" });
    endSession(client);
  };
  return (
    <>
      <span className="opx-who">{session.username}</span>{" "}
      <Button variant="link" isInline onClick={() => void leave()}>
        Log out
      </Button>
    </>
  );
}

function Sidebar() {
  const path = useLocation({ select: (location) => location.pathname });
  const role = useSession().data?.role;
  const places = PLACES.filter(({ roles }) => !roles || (role && roles.includes(role)));
  const isHere = (to: string) => (to === "/" ? path === "/" : path.startsWith(to));
  return (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label="Places">
          <NavList>
            {places.map(({ to, name }) => (
              <NavItem key={to} isActive={isHere(to)}>
                <Link to={to} aria-current={isHere(to) ? "page" : undefined}>
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
