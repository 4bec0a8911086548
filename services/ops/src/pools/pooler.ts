import type { PgbouncerConsole } from "@sluice/pgbouncer";
import { type Profile, WORKLOADS, type WorkloadName } from "@sluice/workloads";

/** One PgBouncer process, over a connection to its console that stays open. */
export interface Pooler {
  /** `host:port` */
  readonly name: string;
  readonly console: Pick<PgbouncerConsole, "show">;
}

/** The workload behind an alias; null for one that is not ours. */
export function workloadOf(profile: Profile, alias: string | null): WorkloadName | null {
  return WORKLOADS.find((workload) => profile.workloads[workload].alias === alias) ?? null;
}
