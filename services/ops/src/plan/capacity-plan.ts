import {
  type Budget,
  type Machine,
  type PlannedProfile,
  type Workloads,
  planProfile,
  proveBudget,
} from "@sluice/workloads";
import { type PlannedGate, planGates } from "./gates.ts";
import { planKernel, renderKernel } from "./kernel.ts";
import { planPgbouncer, renderPgbouncer } from "./pgbouncer.ts";
import type { PlannedLine } from "./planned-line.ts";
import { planPostgresql, renderPostgresql } from "./postgresql.ts";

/** All that a machine should be given, line by line, and the files that say it. */
export interface CapacityPlan extends PlannedProfile {
  readonly budget: Budget;
  /** Budget and memory hold. */
  readonly ok: boolean;
  /** What bounds the plan, and what is wrong with it: one sentence each. */
  readonly notes: readonly string[];
  readonly postgresql: readonly PlannedLine[];
  readonly kernel: readonly PlannedLine[];
  readonly pgbouncer: readonly PlannedLine[];
  readonly gates: readonly PlannedGate[];
  /** Texts by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Plans a machine. Pure. @throws RangeError for a machine without a core or a gigabyte */
export function planCapacity(source: Pick<Workloads, "workloads">, machine: Machine): CapacityPlan {
  const planned = planProfile(source, machine);
  const { profile, memory } = planned;
  const budget = proveBudget(profile);
  const postgresql = planPostgresql(profile);
  const kernel = planKernel(planned);
  return {
    ...planned,
    budget,
    ok: budget.ok && memory.ok,
    notes: notesOf(planned, budget),
    postgresql,
    kernel,
    pgbouncer: planPgbouncer(profile),
    gates: planGates(profile),
    files: {
      "postgresql.conf": renderPostgresql(postgresql),
      ...renderKernel(kernel),
      ...renderPgbouncer(profile),
    },
  };
}

function notesOf({ profile, memory, boundBy }: PlannedProfile, budget: Budget): string[] {
  const { cores, memory_gb } = profile.machine;
  const { processes, max_client_conn } = profile.pgbouncer;
  const notes = [];
  if (boundBy === "memory")
    notes.push(
      `${memory_gb} GB pay for the connections of ${memory_gb * 4} cores, and not of ${cores}: the pools are sized for those.`,
    );
  if (processes > 1)
    notes.push(
      `PgBouncer is one thread: run ${processes} of them, each on a port of its own, with the services spread over them.`,
    );
  for (const { side, used, limit, ok } of [budget.client, budget.server]) {
    if (ok) continue;
    notes.push(
      `The ${side} side of the budget cannot hold: ${used} connections, ${used - limit} more than ${processes} PgBouncer with ${max_client_conn} clients each may be counted on for. Plan fewer instances, or a machine with more cores.`,
    );
  }
  if (!memory.ok)
    notes.push(
      `At worst ${Math.round(memory.worst_case_mb)} MB would be used, more than nine tenths of ${memory.total_mb} MB.`,
    );
  return notes;
}
