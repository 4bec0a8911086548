import { type Profile, WORKLOADS, type WorkloadName } from "@sluice/workloads";

/** The gate of one workload in each instance of a service that has it, and why. */
export interface PlannedGate {
  readonly workload: WorkloadName;
  readonly base: number;
  readonly overflow: number;
  readonly acquire_timeout_ms: number;
  readonly max_waiters: number;
  readonly reason: string;
  readonly effect: string;
  readonly risk: string;
  readonly way_back: string;
}

const REASONS: Readonly<Record<WorkloadName, string>> = {
  feature:
    "short queries; the report has no client pool here, and so no bound: ours is small because it is quick",
  training: "the report's 5 + 15 and 30 s: long transactions keep their connections",
  sample: "as training, which the report does not tell apart",
  import: "the report's 10 + 20 and 180 s: few, long and not in a hurry",
  admin: "the report's 20 + 30 and 60 s: people are patient",
  monitor: "read-only and 5 s, then it fails: diagnostics have to answer when nothing else does",
};

/** The gates of a profile, none wider than the server connections behind it. */
export function planGates(profile: Profile): PlannedGate[] {
  return WORKLOADS.map((workload) => {
    const { base, overflow, acquire_timeout_ms, max_waiters } = profile.workloads[workload];
    return {
      workload,
      base,
      overflow,
      acquire_timeout_ms,
      max_waiters,
      reason: REASONS[workload],
      effect: `At most ${base + overflow} statements of an instance at a time; the next callers wait in order.`,
      risk: "Too narrow, callers wait while the database idles; too wide, they wait in PgBouncer, where nobody sees who.",
      way_back: "the former figures in workloads.yaml, and a restart of the services",
    };
  });
}
