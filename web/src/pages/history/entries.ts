/** The events of a reservation and its instances, as a story. */
import type { Explanation, HistoryEntry, Instance, Sender } from "../../api/types";

/** A pause of this many milliseconds or more is folded. */
export const IDLE_MS = 60_000;

/** An event, or a pause between two. */
export type Piece =
  { kind: "event"; entry: HistoryEntry; index: number } | { kind: "idle"; ms: number; key: string };

/** The events with the pauses between them folded. */
export function folded(entries: readonly HistoryEntry[]): Piece[] {
  return entries.flatMap((entry, index): Piece[] => {
    const before = entries[index - 1];
    const ms = before === undefined ? 0 : Date.parse(entry.at) - Date.parse(before.at);
    const event: Piece = { kind: "event", entry, index };
    return ms >= IDLE_MS ? [{ kind: "idle", ms, key: `idle-${entry.position}` }, event] : [event];
  });
}

/** Which entry is shown for what the address says: the newest up to it, or the newest of all. */
export function selectedIndex(entries: readonly HistoryEntry[], at: string | undefined): number {
  const position = at === undefined ? Number.NaN : Number(at);
  if (Number.isNaN(position)) return entries.length - 1;
  const index = entries.findLastIndex((entry) => entry.position <= position);
  return Math.max(0, index);
}

/** Such as `Reservation confirmed`. */
export function nameInWords(event: string): string {
  const words = event.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const SENDERS: readonly Sender[] = ["user", "provider", "clock", "hypervisor"];

type Told = Record<string, unknown>;

function told(entry: HistoryEntry): Told {
  return typeof entry.data === "object" && entry.data !== null ? (entry.data as Told) : {};
}

function inner(value: unknown): Told {
  return typeof value === "object" && value !== null ? (value as Told) : {};
}

/** What instances are called, by their ids. */
export function instanceNames(entries: readonly HistoryEntry[]): Map<string, string> {
  const requested = entries.filter(({ event }) => event === "InstanceRequested");
  return new Map(
    requested.map((entry) => [entry.id ?? "", String(inner(told(entry).spec).name ?? entry.id)]),
  );
}

const EFFECTS: Record<string, string> = {
  start: "start",
  stop: "shut down",
  reboot: "reboot",
  remove: "remove",
};
const CAUSES: Record<string, string> = {
  user: "its user deleted it",
  cancelled: "the reservation was cancelled",
  changed: "the reservation was changed to fewer instances",
  expired: "the reservation's time is over",
};

function instanceWords(entry: HistoryEntry, name: string): string {
  const data = told(entry);
  const effect = EFFECTS[String(data.effect)] ?? String(data.effect);
  const again = Number(data.attempt) > 1 ? `, try ${String(data.attempt)}` : "";
  const seen = inner(data.observation);
  const address = seen.ip_address ? ` at ${String(seen.ip_address)}` : "";
  switch (entry.event) {
    case "InstanceRequested":
      return `${name} is wanted running on ${String(inner(data.spec).node)}.`;
    case "InstanceRescheduled":
      return `${name} has another time.`;
    case "StartRequested":
      return `${name} was asked to start.`;
    case "StopRequested":
      return `${name} was asked to stop.`;
    case "RebootRequested":
      return `${name} was asked to reboot.`;
    case "RemovalRequested":
      return `${name} is to go: ${CAUSES[String(data.cause)] ?? String(data.cause)}.`;
    case "EffectIntended":
      return `The hypervisor is told to ${effect} ${name}${again}.`;
    case "EffectSucceeded":
      return `${name}: ${effect} is done${again}; seen ${String(seen.power_state)}${address}.`;
    case "EffectFailed":
      return `${name}: ${effect} failed${again}: ${String(data.code)}, ${String(data.message)}.`;
    case "EffectStuck":
      return `${name}: ${effect} was given up after ${String(data.attempts)} tries: ${String(data.code)}, ${String(data.message)}.`;
    case "PowerStateObserved":
      return `${name} was seen ${String(seen.power_state)}${address}.`;
    case "InstanceRemoved":
      return `${name} and its disks are gone.`;
    default:
      return `${name}: ${nameInWords(entry.event)}.`;
  }
}

/** What each event says in words, by its position. */
export function wordsByPosition(
  entries: readonly HistoryEntry[],
  explanation: Explanation | undefined,
): Map<number, string[]> {
  const names = instanceNames(entries);
  const words = new Map(explanation?.steps.map((step) => [step.position, step.words]));
  for (const entry of entries) {
    if (entry.aggregate !== "instance" || words.has(entry.position)) continue;
    const name = names.get(entry.id ?? "") ?? `instance ${entry.id}`;
    words.set(entry.position, [instanceWords(entry, name)]);
  }
  return words;
}

/** An instance as of an event. */
export interface InstanceThen {
  id: string;
  name: string;
  wanted: Instance["wanted"];
  seen: string;
  isRemoved: boolean;
}

/** The instances as the events up to `position` leave them. */
export function instancesAsOf(entries: readonly HistoryEntry[], position: number): InstanceThen[] {
  const instances = new Map<string, InstanceThen>();
  const names = instanceNames(entries);
  for (const entry of entries) {
    if (entry.aggregate !== "instance" || entry.id === undefined) continue;
    if (entry.position > position) break;
    const { id } = entry;
    const before = instances.get(id) ?? {
      id,
      name: names.get(id) ?? id,
      wanted: "RUNNING",
      seen: "UNKNOWN",
      isRemoved: false,
    };
    instances.set(id, { ...before, ...changeBy(entry) });
  }
  return [...instances.values()];
}

function changeBy(entry: HistoryEntry): Partial<InstanceThen> {
  switch (entry.event) {
    case "StartRequested":
    case "RebootRequested":
      return { wanted: "RUNNING" };
    case "StopRequested":
      return { wanted: "HALTED" };
    case "RemovalRequested":
      return { wanted: "GONE" };
    case "EffectSucceeded":
    case "PowerStateObserved":
      return { seen: String(inner(told(entry).observation).power_state ?? "UNKNOWN") };
    case "InstanceRemoved":
      return { isRemoved: true, seen: "UNKNOWN" };
    default:
      return {};
  }
}

/** How the entries hang together by their hashes. */
export interface Links {
  /** Entries whose neighbour before is here too and has the hash they name. */
  linked: number;
  /** Positions of entries that name another hash than their neighbour's. */
  broken: number[];
  /** Entries whose neighbour before is another reservation's, so that it is not here. */
  apart: number;
}

/** Compares the hash that each entry names as the one before with the one that is before it. */
export function checkLinks(entries: readonly HistoryEntry[]): Links {
  const links: Links = { linked: 0, broken: [], apart: 0 };
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    const isNeighbour = before !== undefined && before.position === entry.position - 1;
    if (!isNeighbour || entry.previousHash === undefined) links.apart += 1;
    else if (entry.previousHash === before.hash) links.linked += 1;
    else links.broken.push(entry.position);
  }
  return links;
}

/** The part of `pieces` around `index` that is drawn: never more than `max`. */
export function around<T>(pieces: readonly T[], index: number, max: number): readonly T[] {
  const begin = Math.max(0, Math.min(index - Math.floor(max / 2), pieces.length - max));
  return pieces.slice(begin, begin + max);
}
