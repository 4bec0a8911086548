import { loadWorkloads, selectProfile } from "@sluice/workloads";
import type { Bed } from "../bed/bed.ts";
import { connectionBudget } from "../connection-watch.ts";
import { type Fault, SERVICES, type ServiceName } from "../faults/table.ts";

/** A request's own deadline, and some time for a busy machine to say so. */
const STUCK_MS = 30_000 + 1_000;
/** The shortest time after which a lease of a workload is reported, by who has them: ops looks at everything more often. */
const LEAK_MS = leakThresholds();
const OTHERS = SERVICES.filter((service) => service !== "ops");

/** How the services stand at one moment. */
export interface Standing {
  readonly pids: ReadonlyMap<ServiceName, number>;
  /** `db_connection_leaked_total` of ops, and of all others. */
  readonly leaked: Readonly<Record<keyof typeof LEAK_MS, number>>;
}

export async function standing(bed: Bed): Promise<Standing> {
  const pids = new Map(SERVICES.map((service) => [service, bed.pidOf(service)]));
  const [ops, others] = await Promise.all(
    [["ops"] as const, OTHERS].map((of) => bed.metric("db_connection_leaked_total", of)),
  );
  return { pids, leaked: { ops: ops!, others: others! } };
}

/** Services that have another process although nobody killed theirs: they ended by an error. */
export function restarted({ action }: Fault, before: Standing, after: Standing): string[] {
  const killed = action.kind === "kill" ? action.part : undefined;
  return SERVICES.filter(
    (service) => service !== killed && after.pids.get(service) !== before.pids.get(service),
  ).map((service) => `${service} ended by itself`);
}

/** Leases held over their threshold; a fault that lasts as long holds statements, and so their leases, by itself. */
export function leaked(faultMs: number, before: Standing, after: Standing): string[] {
  return (["ops", "others"] as const).flatMap((who) => {
    const count = after.leaked[who] - before.leaked[who];
    return count > 0 && faultMs < LEAK_MS[who] ? [`${count} leases leaked by ${who}`] : [];
  });
}

/** @param waits milliseconds for which requests were, or still are, on their way */
export function stuck(waits: readonly number[]): string[] {
  const count = waits.filter((ms) => ms > STUCK_MS).length;
  return count === 0 ? [] : [`${count} requests stuck`];
}

/** @param samples server connections at one moment each */
export function overBudget(samples: readonly number[]): string[] {
  const budget = connectionBudget();
  const over = samples.filter((connections) => connections > budget).length;
  return over === 0 ? [] : [`${over} samples of more than ${budget} server connections`];
}

function leakThresholds(): { readonly ops: number; readonly others: number } {
  const { workloads } = selectProfile(loadWorkloads(), "local");
  const { feature, training, sample, admin, monitor } = workloads;
  const least = (...some: readonly { readonly leak_threshold_ms: number }[]): number =>
    Math.min(...some.map((each) => each.leak_threshold_ms));
  return { ops: least(admin, monitor), others: least(feature, training, sample) };
}
