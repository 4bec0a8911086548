import { createVerifier, TenantQuotas } from "@sluice/auth";
import { parseConfig } from "@sluice/config";
import { type OpenDatabase, openDatabase } from "@sluice/db";
import { listen, runUntilSignal } from "@sluice/http";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { assertBudget, loadWorkloads, selectProfile, type WorkloadName } from "@sluice/workloads";
import { Redis } from "ioredis";
import { buildApp, SERVICE } from "./app.ts";
import { Settings } from "./settings.ts";

const settings = parseConfig(Settings);
const logger = createLogger({ service: SERVICE, level: settings.SLUICE_LOG_LEVEL });
const registry = createRegistry(SERVICE);
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
const sampleDb = await open("sample", settings.SLUICE_SAMPLE_URL);
const importDb = await open("import", settings.SLUICE_IMPORT_URL);
// Only its settings are used: who needs Redis makes a connection of its own.
const redis = settings.SLUICE_REDIS_URL
  ? new Redis(settings.SLUICE_REDIS_URL, { lazyConnect: true })
  : undefined;
const verifier = createVerifier({ db: sampleDb, redis, logger, registry });
const quotas = new TenantQuotas({ redis, logger, registry });
const service = await listen({
  app: buildApp({ sampleDb, importDb, verifier, quotas, logger, registry }),
  ready: () => sampleDb.ping(2_000),
  host: settings.SLUICE_HOST,
  port: settings.SLUICE_PORT,
  internalPort: settings.SLUICE_INTERNAL_PORT,
  logger,
  onClose: [
    () => sampleDb.close(),
    () => importDb.close(),
    () => verifier.close(),
    () => quotas.close(),
  ],
});
runUntilSignal(service, logger);
