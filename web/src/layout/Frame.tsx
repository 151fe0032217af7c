import "./frame.css";

import { Page } from "@patternfly/react-core/dist/esm/components/Page";
import { SkipToContent } from "@patternfly/react-core/dist/esm/components/SkipToContent";
import { Outlet } from "@tanstack/react-router";
import { type MouseEvent, type ReactNode, useEffect, useState } from "react";

import { Head } from "./Head";
import { Sidebar } from "./Sidebar";
import { useArrival } from "./useArrival";
import { useWide } from "./useWide";

const MAIN = "main";

/** What surrounds every page: where one can go, who one is, whose clocks and colours. */
export function Frame({ children = <Outlet /> }: { children?: ReactNode }) {
  const isWide = useWide();
  const arrival = useArrival(MAIN);
  // Beside the page they are open until closed; over the page they are closed until opened.
  const [toggled, setToggled] = useState(false);
  const [wasWide, setWasWide] = useState(isWide);
  if (wasWide !== isWide) {
    setWasWide(isWide);
    setToggled(false);
  }
  const isOpen = isWide !== toggled;
  const isOver = isOpen && !isWide;
  useEffect(() => {
    if (!isOver) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") setToggled(false);
    };
    const onPress = (event: PointerEvent) => {
      const main = document.getElementById(MAIN);
      if (event.target instanceof Node && main?.contains(event.target)) setToggled(false);
    };
    document.addEventListener("keydown", onKey);
    document.addEventListener("pointerdown", onPress);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("pointerdown", onPress);
    };
  }, [isOver]);
  const close = () => {
    if (isOver) setToggled(false);
  };
  return (
    <>
      <Page
        skipToContent={
          <SkipToContent href={`#${MAIN}`} onClick={skip}>
            Skip to the page
          </SkipToContent>
        }
        masthead={<Head isOpen={isOpen} onToggle={() => setToggled(!toggled)} />}
        sidebar={<Sidebar isOpen={isOpen} onLeave={close} />}
        mainContainerId={MAIN}
        // Only a page that is told of its width has places that open over it on a phone.
        onPageResize={noted}
        isContentFilled
      >
        {children}
      </Page>
      <div className="pf-v6-screen-reader" aria-live="polite">
        {arrival}
      </div>
    </>
  );
}

function noted() {
  // `useWide` has it.
}

/** Goes there without putting it into the address. */
function skip(event: MouseEvent) {
  event.preventDefault();
  document.getElementById(MAIN)?.focus();
}
