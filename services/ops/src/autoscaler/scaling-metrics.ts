import { Counter, Gauge, type Registry } from "prom-client";
import type { Decision, Outcome } from "./decision.ts";

/** What the autoscaler reports of itself. */
export interface ScalingMeter {
  decided(event: Pick<Decision, "alias" | "action" | "reason">, outcome: Outcome): void;
  leads(isLeader: boolean): void;
}

export function scalingMeter(registry: Registry): ScalingMeter {
  const registers = [registry];
  const decisions = new Counter({
    name: "scaling_decisions_total",
    help: "Decisions of the autoscaler, those that hold left out",
    labelNames: ["alias", "action", "reason", "outcome"],
    registers,
  });
  const leader = new Gauge({
    name: "autoscaler_leader",
    help: "1 on the instance of ops that may change pools",
    registers,
  });
  return {
    decided: ({ alias, action, reason }, outcome) =>
      decisions.inc({ alias, action, reason, outcome }),
    leads: (isLeader) => leader.set(isLeader ? 1 : 0),
  };
}
