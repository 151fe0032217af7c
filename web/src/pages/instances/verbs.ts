import { type InstanceControl, controlInstance, deleteInstance } from "../../api/endpoints";
import type { Instance } from "../../api/types";
import type { Verb } from "../../ui/bulk";

const PAST: Record<InstanceControl, string> = {
  stop: "asked to stop",
  start: "asked to start",
  reboot: "asked to reboot",
  revive: "tried again",
};

const control = (name: InstanceControl): Verb<Instance> => ({
  name,
  past: PAST[name],
  run: ({ id }, intent) => controlInstance(id, name, intent),
});

export const INSTANCE_VERBS = {
  stop: control("stop"),
  start: control("start"),
  reboot: control("reboot"),
  revive: control("revive"),
  /** What is deleted again is as it was, so it needs no intent. */
  delete: { name: "delete", past: "deleted", run: ({ id }) => deleteInstance(id) },
} satisfies Record<string, Verb<Instance>>;

export type InstanceVerb = keyof typeof INSTANCE_VERBS;
