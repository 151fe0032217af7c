import { useQuery } from "@tanstack/react-query";
import { type ReactNode, createContext, useContext, useMemo, useState } from "react";

import { readSite } from "../api/endpoints";
import { useSession } from "../session/session";
import { browserZone, formatMoment, formatMomentExactly, isZone } from "./zone";

/** Whose clocks are shown. */
export type ZoneChoice = "utc" | "mine" | "site";

interface Zone {
  choice: ZoneChoice;
  setChoice: (choice: ZoneChoice) => void;
  /** The IANA name of what is chosen. */
  zone: string;
  zones: Record<ZoneChoice, string>;
}

const ZoneContext = createContext<Zone | null>(null);
const STORED = "openpex.zone";

function storedChoice(): ZoneChoice {
  const stored = localStorage.getItem(STORED);
  return stored === "utc" || stored === "site" ? stored : "mine";
}

/** Lets everything below show times in one zone of the user's choice. */
export function ZoneProvider({ children }: { children: ReactNode }) {
  const [choice, choose] = useState(storedChoice);
  const mine = useSession().data?.zone;
  const site = useQuery({ queryKey: ["site"], queryFn: ({ signal }) => readSite(signal) }).data
    ?.zone;
  const value = useMemo(() => {
    const known = (zone: string | null | undefined) => (zone && isZone(zone) ? zone : null);
    const zones = { utc: "UTC", mine: known(mine) ?? browserZone(), site: known(site) ?? "UTC" };
    const setChoice = (choice: ZoneChoice) => {
      localStorage.setItem(STORED, choice);
      choose(choice);
    };
    return { choice, setChoice, zone: zones[choice], zones };
  }, [choice, mine, site]);
  return <ZoneContext.Provider value={value}>{children}</ZoneContext.Provider>;
}

/** The zone that times are shown and read in. */
export function useZone(): Zone {
  const zone = useContext(ZoneContext);
  if (zone === null) throw new Error("no ZoneProvider above");
  return zone;
}

/** An instant in the chosen zone, with the zone; to the millisecond for machines. */
export function Moment({ at, exactly = false }: { at: string | number; exactly?: boolean }) {
  const { zone } = useZone();
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(ms)) return <>{at}</>;
  const text = exactly ? formatMomentExactly(ms, zone) : formatMoment(ms, zone);
  return <time dateTime={new Date(ms).toISOString()}>{text}</time>;
}
