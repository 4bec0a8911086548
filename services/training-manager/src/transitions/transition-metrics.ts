import { Counter, type Registry } from "prom-client";
import type { Announce } from "../training-manager.ts";

/** Counts transitions by the states they lead from and to; a creation leads from "none". */
export function countTransitions(registry: Registry): Announce {
  const counter = new Counter({
    name: "job_transitions_total",
    help: "Changes of jobs' states",
    labelNames: ["from", "to"],
    registers: [registry],
  });
  return (_projectId, { from_status, status }) => {
    counter.inc({ from: from_status ?? "none", to: status });
  };
}
