import { WORKLOADS, type ProfileSource, type WorkloadName, type Workloads } from "./workloads.ts";

/** Everything about one workload on one kind of machine: its gate, its alias, its time-outs (milliseconds). */
export interface WorkloadSettings {
  readonly role: string;
  readonly alias: string;
  readonly purpose: string;
  readonly base: number;
  readonly overflow: number;
  readonly max_waiters: number;
  readonly acquire_timeout_ms: number;
  readonly statement_timeout_ms: number;
  readonly idle_in_transaction_timeout_ms: number;
  readonly leak_threshold_ms: number;
  readonly pool_size: number;
  readonly reserve_pool_size: number;
  readonly scaling?: { readonly min: number; readonly max: number } | undefined;
}

/** The figures of one kind of machine, with every workload's settings joined. */
export interface Profile extends Omit<ProfileSource, "gates" | "aliases"> {
  readonly name: string;
  readonly workloads: Readonly<Record<WorkloadName, WorkloadSettings>>;
}

/** The database that every alias leads to. */
export const DATABASE = "sluice";

/**
 * The settings of one profile (`local`, `reference`, …).
 * @throws Error naming the profiles there are.
 */
export function selectProfile(source: Workloads, name: string): Profile {
  const profile = source.profiles[name];
  if (profile === undefined) {
    const known = Object.keys(source.profiles).join(", ");
    throw new Error(`There is no profile "${name}" in workloads.yaml; it has: ${known}.`);
  }
  const { gates, aliases, ...rest } = profile;
  const settings = (workload: WorkloadName): WorkloadSettings => ({
    role: `sluice_${workload}`,
    alias: `sluice_${workload}`,
    ...source.workloads[workload],
    ...gates[workload],
    ...aliases[workload],
  });
  const workloads = Object.fromEntries(WORKLOADS.map((name) => [name, settings(name)]));
  return { name, ...rest, workloads: workloads as Record<WorkloadName, WorkloadSettings> };
}
