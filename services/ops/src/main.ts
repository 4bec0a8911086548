import { createVerifier, TenantQuotas } from "@sluice/auth";
import { parseConfig } from "@sluice/config";
import { type OpenDatabase, openDatabase } from "@sluice/db";
import { listen, runUntilSignal } from "@sluice/http";
import { TracingSettings, createLogger, createRegistry, openTracing } from "@sluice/telemetry";
import { assertBudget, loadWorkloads, selectProfile, type WorkloadName } from "@sluice/workloads";
import { Redis } from "ioredis";
import { buildApp, SERVICE } from "./app.ts";
import { parseInstances } from "./gates/instances.ts";
import { openControl } from "./leader/open-control.ts";
import { MaintenanceSchedule } from "./maintenance/schedule.ts";
import { openPoolers } from "./pools/open-poolers.ts";
import { Settings } from "./settings.ts";
import { Watch } from "./watch.ts";

const settings = parseConfig(Settings);
const logger = createLogger({ service: SERVICE, level: settings.SLUICE_LOG_LEVEL });
const registry = createRegistry(SERVICE);
const tracing = await openTracing({
  service: SERVICE,
  settings: parseConfig(TracingSettings),
  registry,
  logger,
});
const profile = selectProfile(
  loadWorkloads(settings.SLUICE_WORKLOADS_FILE),
  settings.SLUICE_PROFILE,
);
assertBudget(profile);
const open = (workload: WorkloadName, url: string): Promise<OpenDatabase<unknown>> =>
  openDatabase({
    url,
    workload,
    settings: profile.workloads[workload],
    service: SERVICE,
    registry,
    logger,
  });
const admin = await open("admin", settings.SLUICE_ADMIN_URL);
const monitor = await open("monitor", settings.SLUICE_MONITOR_URL);
// Connects when the first key ends; whoever else needs Redis takes its settings and makes a connection of their own.
const redis = settings.SLUICE_REDIS_URL
  ? new Redis(settings.SLUICE_REDIS_URL, { lazyConnect: true })
  : undefined;
// Each command that fails says so; without a listener ioredis would end the process.
redis?.on("error", () => undefined);
// Keys are read through the gate of diagnostics, so that these depend on no other workload.
const verifier = createVerifier({ db: monitor, redis, logger, registry });
const quotas = new TenantQuotas({ redis, logger, registry });
const poolers = openPoolers(settings);
const watch = new Watch({
  monitor,
  poolers,
  instances: parseInstances(settings.SLUICE_INSTANCES),
  profile,
  diskPath: settings.SLUICE_DISK_PATH,
  registry,
  logger,
});
const control = openControl({ settings, db: monitor, profile, registry, logger });
const maintenance = settings.SLUICE_REDIS_URL
  ? new MaintenanceSchedule({
      monitor,
      redisUrl: settings.SLUICE_REDIS_URL,
      retention: settings,
      logger,
    })
  : undefined;
const service = await listen({
  app: buildApp({
    admin,
    monitor,
    redis,
    poolers,
    watch,
    profile,
    verifier,
    quotas,
    logger,
    registry,
    tracing,
  }),
  ready: () => monitor.ping(2_000),
  host: settings.SLUICE_HOST,
  port: settings.SLUICE_PORT,
  internalPort: settings.SLUICE_INTERNAL_PORT,
  control: { gates: [admin, monitor], token: settings.SLUICE_CONTROL_TOKEN },
  logger,
  onClose: [
    () => tracing?.close(),
    () => admin.close(),
    () => monitor.close(),
    () => redis?.disconnect(),
    () => verifier.close(),
    () => quotas.close(),
    () => Promise.all(poolers.map(({ console }) => console.close())),
    () => watch.stop(),
    () => control.close(),
    () => maintenance?.stop(),
  ],
});
watch.start();
runUntilSignal(service, logger);
