import { type Profile, WORKLOADS } from "@sluice/workloads";
import type { Instances } from "./instances.ts";
import { listGateSettings, type GateSettingsRow, type Queryable } from "./queries.ts";
import type { Figures } from "./settings.ts";

/**
 * Gives instances that have restarted the settings that were rolled out, unless workloads.yaml has changed since.
 * Instances that do not answer are left for the next time.
 */
export async function keepGates(
  db: Queryable,
  profile: Profile,
  instances: Instances,
): Promise<void> {
  for (const row of await listGateSettings(db)) {
    const wanted = stillMeant(row, profile);
    const origins = await instances.of(row.service);
    const pushes = origins.map(async (instance) => {
      const actual = await instances.gate(instance, row.pool);
      const differs = Object.entries(wanted).some(([name, value]) => actual?.[name] !== value);
      if (differs) await instances.changeGate(instance, row.pool, wanted);
    });
    await Promise.allSettled(pushes);
  }
}

function stillMeant({ pool, settings, configured }: GateSettingsRow, profile: Profile): Figures {
  const workload = WORKLOADS.find((name) => name === pool);
  if (workload === undefined) return {};
  const figures = Object.entries(profile.workloads[workload]);
  const same = figures.filter(
    ([name, value]) => settings[name] !== undefined && configured[name] === value,
  );
  return Object.fromEntries(same.map(([name]) => [name, settings[name]!]));
}
