import type { Profile } from "@sluice/workloads";
import type { ViewRow } from "@sluice/pgbouncer";
import { type ChangeDeps, changePool, type PoolChange } from "../autoscaler/change-pool.ts";
import type { Decision } from "../autoscaler/decision.ts";
import { type PgbouncerProcess, sizesOf } from "../autoscaler/fleet.ts";
import { configuredSize } from "../autoscaler/wanted-sizes.ts";
import { workloadOf } from "../pools/pooler.ts";
import { add, type Counters, NOTHING } from "./counters.ts";
import type { Instances } from "./instances.ts";
import type { Subject } from "./subject.ts";

export interface AliasSubjectOptions extends ChangeDeps {
  readonly profile: Profile;
  readonly instances: Instances;
  readonly alias: string;
  readonly changeId: string;
}

/** The pool of an alias in every process of PgBouncer. */
export function aliasSubject(options: AliasSubjectOptions): Subject {
  const { processes, alias, profile } = options;
  const first = processes[0]!;
  const configured = configuredSize(profile, alias);
  const change = async (
    to: number,
    where: readonly PgbouncerProcess[],
    more: Partial<PoolChange> = {},
  ): Promise<void> => {
    const [present = to] = await sizesOf([first], alias);
    const from = more.from ?? present;
    const { outcome, detail } = await changePool(
      { ...options, processes: where },
      { ...described(options, from, to), actor: options.lease.holder, ...more },
    );
    if (outcome !== "applied" && outcome !== "not_converged") throw new Error(detail);
  };
  return {
    canary: `PgBouncer 1 of ${processes.length}`,
    async current() {
      const [size] = await sizesOf([first], alias);
      if (size === undefined) throw new Error(`PgBouncer has no alias ${alias}`);
      return { pool_size: size };
    },
    counters: () => countersOf(options, first),
    apply: ({ pool_size }) => change(pool_size!, [first]),
    putBack: ({ pool_size }) => change(pool_size!, processes, { action: "restore", configured }),
    rollOut: ({ pool_size }, previous) =>
      change(pool_size!, processes, { from: previous["pool_size"]!, configured }),
  };
}

function described({ alias, changeId }: AliasSubjectOptions, from: number, to: number): Decision {
  const action = to < from ? "shrink" : "grow";
  const detail = `configuration change ${changeId}`;
  return { alias, action, reason: "config_change", from, to, detail, seen: undefined };
}

/** How long clients waited, from PgBouncer; how many went without or failed, from all services that use the alias. */
async function countersOf(
  { alias, profile, instances }: AliasSubjectOptions,
  { console }: PgbouncerProcess,
): Promise<Counters> {
  const totals = (await console.show("stats_totals")).find(({ database }) => database === alias);
  const workload = workloadOf(profile, alias);
  if (workload === null) throw new Error(`the profile has no alias ${alias}`);
  const services = Object.entries(profile.services).filter(([, { gates }]) =>
    gates.includes(workload),
  );
  const users = await Promise.all(services.map(([service]) => instances.of(service)));
  const counted = await Promise.all(
    users.flat().map((origin) => instances.counters(origin, workload)),
  );
  return { ...counted.reduce(add, NOTHING), ...waitsOf(totals) };
}

function waitsOf(
  totals: ViewRow<"stats_totals"> | undefined,
): Pick<Counters, "acquired" | "waitSeconds"> {
  return { acquired: totals?.xact_count ?? 0, waitSeconds: (totals?.wait_time ?? 0) / 1e6 };
}
