import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
} from "@patternfly/react-core/dist/esm/components/Masthead";
import { PageToggleButton } from "@patternfly/react-core/dist/esm/components/Page";
import { Popover } from "@patternfly/react-core/dist/esm/components/Popover";
import { CogIcon } from "@patternfly/react-icons/dist/esm/icons/cog-icon";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useSession } from "../session/session";
import { SITE } from "../session/site";
import { useLogOut } from "../session/useLogOut";
import { useZone } from "../time/ZoneProvider";
import { ErrorNotice } from "../ui/ErrorNotice";
import { LiveStatus } from "./LiveStatus";
import { ThemeSwitch } from "./ThemeSwitch";
import { ZoneSwitch } from "./ZoneSwitch";

interface Given {
  /** Whether the places are shown. */
  isOpen: boolean;
  onToggle: () => void;
}

/** Whose site it is, whether the page is live, whose clocks and colours, and who one is. */
export function Head({ isOpen, onToggle }: Given) {
  return (
    <Masthead display={{ default: "inline" }} className="opx-head">
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton
            isHamburgerButton
            variant="plain"
            aria-label="Places"
            isSidebarOpen={isOpen}
            onSidebarToggle={onToggle}
          />
        </MastheadToggle>
        <MastheadBrand>
          <Brand />
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <div className="opx-head-row">
          <LiveStatus />
          <div className="opx-head-wide">
            <ZoneSwitch />
            <ThemeSwitch />
            <Who />
          </div>
          <div className="opx-head-narrow">
            <Settings />
          </div>
        </div>
      </MastheadContent>
    </Masthead>
  );
}

function Brand() {
  const name = useQuery(SITE).data?.name ?? "OpenPEX";
  return (
    <Link to="/" className="opx-brand">
      <img src="/icon.svg" alt="" width="28" height="28" />
      <span className="opx-brand-name">{name}</span>
    </Link>
  );
}

/** The same switches where there is no room for them beside the brand. */
function Settings() {
  const { zone } = useZone();
  const body = (
    <div className="opx-settings">
      <ZoneSwitch />
      <ThemeSwitch />
      <Who />
    </div>
  );
  return (
    <Popover
      aria-label="Settings"
      bodyContent={body}
      position="bottom-end"
      maxWidth="calc(100vw - 2rem)"
    >
      <Button variant="plain" icon={<CogIcon />} aria-label={`Settings. Times are in ${zone}`} />
    </Popover>
  );
}

function Who() {
  const session = useSession().data;
  const leaving = useLogOut();
  if (!session) return null;
  return (
    <div className="opx-who">
      <Link to="/account" className="opx-who-name">
        {session.username}
      </Link>
      <Button variant="link" isInline onClick={() => leaving.mutate()}>
        Log out
      </Button>
      <ErrorNotice error={leaving.error} />
    </div>
  );
}
