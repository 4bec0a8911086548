import type { Profile, WorkloadName } from "@sluice/workloads";
import type { Instances } from "./instances.ts";
import { keepGateSettings, type Queryable } from "./queries.ts";
import type { Figures } from "./settings.ts";
import { pick, type Subject } from "./subject.ts";

export interface GateSubjectOptions {
  readonly db: Queryable;
  readonly profile: Profile;
  readonly instances: Instances;
  readonly service: string;
  readonly pool: string;
  readonly changeId: string;
  /** The instance that was chosen before; null = choose one. */
  readonly canary: string | null;
}

/** The gate of a workload in every instance of a service. @throws Error when the canary, or any instance, is not there */
export async function gateSubject(options: GateSubjectOptions): Promise<Subject> {
  const { instances, service, pool } = options;
  const all = await instances.of(service);
  const canary = options.canary ?? all[0];
  if (canary === undefined)
    throw new Error(`no instance of ${service} is known (SLUICE_INSTANCES)`);
  if (!all.includes(canary)) throw new Error(`${canary} is no instance of ${service} any more`);
  const apply = (settings: Figures): Promise<void> => instances.changeGate(canary, pool, settings);
  return {
    canary,
    async current(names) {
      const settings = await instances.gate(canary, pool);
      if (settings === undefined) throw new Error(`${canary} has no gate "${pool}"`);
      return pick(settings, names);
    },
    counters: () => instances.counters(canary, pool),
    apply,
    async putBack(previous) {
      await apply(previous);
      await rollOut(options, all, previous);
    },
    rollOut: (settings) => rollOut(options, all, settings),
  };
}

/** Written down first: an instance that cannot be reached gets the settings when it can. */
async function rollOut(
  { db, profile, instances, service, pool, changeId }: GateSubjectOptions,
  all: readonly string[],
  settings: Figures,
): Promise<void> {
  const configured = pick(profile.workloads[pool as WorkloadName], Object.keys(settings));
  await keepGateSettings(db, changeId, { service, pool, settings, configured });
  await Promise.allSettled(all.map((origin) => instances.changeGate(origin, pool, settings)));
}
