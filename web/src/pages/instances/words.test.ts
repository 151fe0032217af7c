import { expect, it } from "vitest";

import type { Instance } from "../../api/types";
import { conditionOf, controlsOf } from "./words";

function instance(patch: Partial<Instance>): Instance {
  return {
    id: "5d0fa0eb-32bc-4db6-857e-32b5595ba066",
    name: "pex-5d0fa0eb-1",
    status: "RUNNING",
    startTime: "2026-10-05T09:00:00Z",
    endTime: "2026-10-05T10:00:00Z",
    node: "node-1",
    ipAddress: null,
    reservation: "f07640d4-32bc-4db6-857e-32b5595ba066",
    type: "SMALL",
    template: "PEX Debian",
    userid: 1,
    wanted: "RUNNING",
    work: { state: "IDLE" },
    removed: false,
    position: 1,
    ...patch,
  };
}

it("says what is wanted beside what was seen, and what is being done", () => {
  const words = (patch: Partial<Instance>) => conditionOf(instance(patch)).words;
  expect([
    words({}),
    words({ status: "HALTED" }),
    words({ status: "UNKNOWN" }),
    words({ wanted: "GONE" }),
    words({ removed: true }),
    words({ work: { state: "IN_FLIGHT", effect: "start", attempts: 1 } }),
    words({ work: { state: "IN_FLIGHT", effect: "stop", attempts: 3 } }),
    words({ work: { state: "BACKING_OFF", effect: "reboot", attempts: 1 } }),
    words({ work: { state: "STUCK", effect: "remove", attempts: 8 } }),
  ]).toEqual([
    "as wanted",
    "wanted running, seen halted",
    "wanted running, not seen",
    "to be removed",
    "removed",
    "starting",
    "shutting down, try 3",
    "rebooting: failed once, will be tried again",
    "removing: given up after 8 times, needs an operator",
  ]);
});

it("offers what can be asked of it", () => {
  const offered = (patch: Partial<Instance>) =>
    Object.entries(controlsOf(instance(patch)))
      .filter(([, can]) => can)
      .map(([name]) => name);
  expect(offered({})).toEqual(["stop", "reboot", "delete"]);
  expect(offered({ wanted: "HALTED" })).toEqual(["start", "delete"]);
  expect(offered({ wanted: "GONE" })).toEqual([]);
  expect(offered({ work: { state: "STUCK" } })).toContain("revive");
  expect(offered({ removed: true, work: { state: "STUCK" } })).toEqual([]);
});
