import { randomUUID } from "node:crypto";
import type { Queryable } from "@sluice/auth";
import type { Logger } from "@sluice/telemetry";
import type { Profile } from "@sluice/workloads";
import type { Registry } from "prom-client";
import { Autoscaler } from "../autoscaler/autoscaler.ts";
import { openFleet } from "../autoscaler/open-fleet.ts";
import { DEFAULT_POLICY } from "../autoscaler/policy.ts";
import { scalingMeter } from "../autoscaler/scaling-metrics.ts";
import { keepGates } from "../config-changes/gate-keeper.ts";
import { Instances } from "../config-changes/instances.ts";
import { parseInstances } from "../gates/instances.ts";
import { Trials } from "../config-changes/trials.ts";
import { ControlLoop, LEASE_MS } from "./control-loop.ts";
import type { ControlSettings } from "./control-settings.ts";

export interface ControlOptions {
  readonly settings: ControlSettings & { readonly SLUICE_INSTANCES: string };
  readonly db: Queryable;
  readonly profile: Profile;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** Starts to look after pools and gates, if the environment says where PgBouncer is. */
export function openControl(options: ControlOptions): { close(): Promise<void> } {
  const { settings, db, profile, registry, logger } = options;
  const consoleUrls = settings.SLUICE_PGBOUNCER_ADMIN_URLS?.split(",");
  if (consoleUrls === undefined) {
    logger.info(
      "No console of PgBouncer is known here: pools are looked after elsewhere, if at all",
    );
    return { close: async () => undefined };
  }
  const fleet = openFleet({
    consoleUrls,
    databasesFiles: settings.SLUICE_PGBOUNCER_DATABASES_FILES?.split(",") ?? [],
    effector: settings.SLUICE_AUTOSCALER_EFFECTOR,
    profile,
    applicationName: "sluice-ops",
  });
  const { processes } = fleet;
  const instances = new Instances(
    parseInstances(settings.SLUICE_INSTANCES),
    settings.SLUICE_CONTROL_TOKEN,
  );
  const actor = `system:ops/${randomUUID().slice(0, 8)}`;
  const meter = scalingMeter(registry);
  const common = { db, profile, processes, logger, meter };
  const loop = new ControlLoop({
    ...common,
    actor,
    autoscaler: new Autoscaler({ ...common, actor, policy: DEFAULT_POLICY, leaseMs: LEASE_MS }),
    trials: new Trials({ ...common, instances }),
    keepGates: () => keepGates(db, profile, instances),
    tickMs: settings.SLUICE_AUTOSCALER_TICK_MS,
  });
  loop.start();
  return {
    async close() {
      await loop.stop();
      await fleet.close();
    },
  };
}
