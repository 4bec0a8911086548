import type { Registry } from "prom-client";
import type { Announce } from "../training-manager.ts";
import { countTransitions } from "../transitions/transition-metrics.ts";
import { hintOf } from "./hint.ts";
import type { Hints } from "./hints.ts";

/** Counts each change, and gives a hint of it to whoever waits for one. */
export function announcer(registry: Registry, hints: Pick<Hints, "give">): Announce {
  const count = countTransitions(registry);
  return (projectId, job) => {
    count(projectId, job);
    hints.give(hintOf(projectId, job));
  };
}
