import type { Queryable } from "@sluice/auth";
import type { Logger } from "@sluice/telemetry";
import type { Profile } from "@sluice/workloads";
import type { Registry } from "prom-client";
import { liveBudget } from "./budget/budget.ts";
import { registerBudgetMetric } from "./budget/budget-metrics.ts";
import { databaseMeter } from "./database/database-metrics.ts";
import { type DatabaseSample, lookAtDatabase } from "./database/database-sample.ts";
import { instanceMeter } from "./gates/instance-metrics.ts";
import { type InstanceSample, InstanceWatch } from "./gates/instance-sample.ts";
import type { ServiceAddress } from "./gates/instances.ts";
import { poolMeter } from "./pools/pool-metrics.ts";
import { lookAtPools, type PoolSample } from "./pools/pool-sample.ts";
import type { Pooler } from "./pools/pooler.ts";
import { Sampler } from "./samples/sampler.ts";
import { systemMeter } from "./system/system-metrics.ts";
import { lookAtSystem, type SystemSample } from "./system/system-sample.ts";

export interface WatchOptions {
  readonly monitor: Queryable;
  readonly poolers: readonly Pooler[];
  readonly instances: readonly ServiceAddress[];
  readonly profile: Profile;
  /** A path on the file system to look at. */
  readonly diskPath: string;
  readonly registry: Registry;
  readonly logger: Logger;
}

const SECOND_MS = 1_000;

/** The four layers, each looked at by its own cadence: system 10 s, database 5 s, pools and processes 1 s. */
export class Watch {
  readonly system: Sampler<SystemSample>;
  readonly database: Sampler<DatabaseSample>;
  readonly pools: Sampler<PoolSample>;
  readonly instances: Sampler<InstanceSample>;
  readonly #processes: InstanceWatch;
  readonly #all: readonly Pick<Sampler<unknown>, "start" | "stop">[];

  constructor({ monitor, poolers, instances, profile, diskPath, registry, logger }: WatchOptions) {
    this.system = new Sampler({
      name: "the machine",
      everyMs: 10 * SECOND_MS,
      deadlineMs: 5 * SECOND_MS,
      look: (last) => lookAtSystem(diskPath, last),
      onSample: systemMeter(registry),
      logger,
    });
    this.database = new Sampler({
      name: "the database",
      everyMs: 5 * SECOND_MS,
      deadlineMs: 5 * SECOND_MS,
      look: (last) => lookAtDatabase(monitor, last),
      onSample: databaseMeter(registry),
      logger,
    });
    this.pools = new Sampler({
      name: "PgBouncer",
      everyMs: SECOND_MS,
      deadlineMs: 5 * SECOND_MS,
      look: (last) => lookAtPools(poolers, profile, last),
      onSample: poolMeter(registry),
      logger,
    });
    this.#processes = new InstanceWatch(instances);
    this.instances = new Sampler({
      name: "the services",
      everyMs: SECOND_MS,
      deadlineMs: 5 * SECOND_MS,
      look: () => this.#processes.look(),
      onSample: instanceMeter(registry),
      logger,
    });
    this.#all = [this.system, this.database, this.pools, this.instances];
    registerBudgetMetric(registry, () =>
      this.database.hasSample && this.pools.hasSample
        ? liveBudget(profile, this.pools.latest().value, this.database.latest().value)
        : undefined,
    );
  }

  /** Idempotent. */
  start(): void {
    for (const sampler of this.#all) sampler.start();
  }

  /** Resolves when no look is in hand any more. Idempotent. */
  async stop(): Promise<void> {
    await Promise.all(this.#all.map((sampler) => sampler.stop()));
    this.#processes.close();
  }
}
