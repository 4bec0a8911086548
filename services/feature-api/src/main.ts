import { createVerifier, TenantQuotas } from "@sluice/auth";
import { coalesceMeter } from "@sluice/coalesce";
import { parseConfig } from "@sluice/config";
import { openDatabase } from "@sluice/db";
import { listen, runUntilSignal } from "@sluice/http";
import { TracingSettings, createLogger, createRegistry, openTracing } from "@sluice/telemetry";
import { assertBudget, loadWorkloads, selectProfile } from "@sluice/workloads";
import { Redis } from "ioredis";
import { buildApp, SERVICE } from "./app.ts";
import { entityReader } from "./lookup/read-entities.ts";
import { Settings } from "./settings.ts";

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
const db = await openDatabase<unknown>({
  url: settings.SLUICE_FEATURE_URL,
  workload: "feature",
  settings: profile.workloads.feature,
  service: SERVICE,
  registry,
  logger,
});
// Only its settings are used: who needs Redis makes a connection of its own.
const redis = settings.SLUICE_REDIS_URL
  ? new Redis(settings.SLUICE_REDIS_URL, { lazyConnect: true })
  : undefined;
const verifier = createVerifier({ db, redis, logger, registry });
const quotas = new TenantQuotas({ redis, logger, registry });
const read = entityReader(db, coalesceMeter(registry, "read"));
const service = await listen({
  app: buildApp({ db, read, verifier, quotas, logger, registry, tracing }),
  ready: () => db.ping(2_000),
  host: settings.SLUICE_HOST,
  port: settings.SLUICE_PORT,
  internalPort: settings.SLUICE_INTERNAL_PORT,
  control: { gates: [db], token: settings.SLUICE_CONTROL_TOKEN },
  logger,
  onClose: [() => tracing?.close(), () => db.close(), () => verifier.close(), () => quotas.close()],
});
runUntilSignal(service, logger);
