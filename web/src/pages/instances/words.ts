/** An instance in plain English: what is wanted of it beside what was seen of it. */
import type { Instance } from "../../api/types";

const DOING: Record<string, string> = {
  start: "starting",
  stop: "shutting down",
  reboot: "rebooting",
  remove: "removing",
};

/** How sure one can be that all is well. */
export type Urgency = "calm" | "busy" | "late" | "stuck";

export interface Condition {
  words: string;
  urgency: Urgency;
  /** When it is tried again. */
  retryAt?: string;
  /** What the hypervisor said, in its code. */
  error?: string;
}

function tries(attempts: number | undefined): string {
  return attempts === 1 ? "once" : `${attempts ?? "some"} times`;
}

/** What is being done to it, and whether it is as it is wanted. */
export function conditionOf({ wanted, status, work, removed }: Instance): Condition {
  if (removed) return { words: "removed", urgency: "calm" };
  const doing = DOING[work.effect ?? ""] ?? "working";
  switch (work.state) {
    case "IN_FLIGHT":
      return {
        words: (work.attempts ?? 1) > 1 ? `${doing}, try ${work.attempts}` : doing,
        urgency: "busy",
      };
    case "BACKING_OFF":
      return {
        words: `${doing}: failed ${tries(work.attempts)}, will be tried again`,
        urgency: "late",
        retryAt: work.retryAt,
        error: work.error,
      };
    case "STUCK":
      return {
        words: `${doing}: given up after ${tries(work.attempts)}, needs an operator`,
        urgency: "stuck",
        error: work.error,
      };
    case "IDLE":
      return idle(wanted, status);
  }
}

function idle(wanted: Instance["wanted"], status: Instance["status"]): Condition {
  if (wanted === "GONE") return { words: "to be removed", urgency: "busy" };
  if (wanted === status) return { words: "as wanted", urgency: "calm" };
  const seen = status === "UNKNOWN" ? "not seen" : `seen ${status.toLowerCase()}`;
  return { words: `wanted ${wanted.toLowerCase()}, ${seen}`, urgency: "late" };
}

/** What its user may ask of it now. */
export function controlsOf({ wanted, removed, work }: Instance) {
  const isThere = !removed && wanted !== "GONE";
  return {
    stop: isThere && wanted === "RUNNING",
    start: isThere && wanted === "HALTED",
    reboot: isThere && wanted === "RUNNING",
    delete: isThere,
    revive: work.state === "STUCK" && !removed,
  };
}
