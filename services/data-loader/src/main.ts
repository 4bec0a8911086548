import { setFlagsFromString } from "node:v8";
import { createVerifier, TenantQuotas } from "@sluice/auth";
import { parseConfig } from "@sluice/config";
import { type OpenDatabase, openDatabase } from "@sluice/db";
import { listen, runUntilSignal } from "@sluice/http";
import { TracingSettings, createLogger, createRegistry, openTracing } from "@sluice/telemetry";
import { assertBudget, loadWorkloads, selectProfile, type WorkloadName } from "@sluice/workloads";
import { Redis } from "ioredis";
import { buildApp, SERVICE } from "./app.ts";
import { Background } from "./background/background.ts";
import { openLocalQueue, openRedisQueue } from "./operations/operation-queue.ts";
import { OperationRunner } from "./operations/operation-runner.ts";
import { Settings } from "./settings.ts";
import { versionOperations } from "./versions/operations.ts";

// An upload leaves garbage that has lived for a while, and V8 lets the heap grow to several times what is in use before
// it looks at that: 580 MB where 110 are in use. Looking when it has grown by half costs a few hundredths of the CPU.
setFlagsFromString("--heap-growing-percent=50");

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
const sampleDb = await open("sample", settings.SLUICE_SAMPLE_URL);
const importDb = await open("import", settings.SLUICE_IMPORT_URL);
// Only its settings are used: who needs Redis makes a connection of its own.
const redis = settings.SLUICE_REDIS_URL
  ? new Redis(settings.SLUICE_REDIS_URL, { lazyConnect: true })
  : undefined;
const verifier = createVerifier({ db: sampleDb, redis, logger, registry });
const quotas = new TenantQuotas({ redis, logger, registry });
const background = new Background(logger);
const queue =
  settings.SLUICE_REDIS_URL === undefined
    ? openLocalQueue(background)
    : openRedisQueue({ redisUrl: settings.SLUICE_REDIS_URL, background, logger });
const works = versionOperations(importDb);
const operations = new OperationRunner({ db: importDb, queue, logger, works, tracing });
queue.work(operations);
const service = await listen({
  app: buildApp({
    sampleDb,
    importDb,
    verifier,
    quotas,
    background,
    operations,
    logger,
    registry,
    tracing,
  }),
  ready: () => sampleDb.ping(2_000),
  host: settings.SLUICE_HOST,
  port: settings.SLUICE_PORT,
  internalPort: settings.SLUICE_INTERNAL_PORT,
  control: { gates: [sampleDb, importDb], token: settings.SLUICE_CONTROL_TOKEN },
  logger,
  onClose: [
    () => tracing?.close(),
    () => sampleDb.close(),
    () => importDb.close(),
    () => verifier.close(),
    () => quotas.close(),
    () => background.close(),
    () => queue.close(),
  ],
});
runUntilSignal(service, logger);
