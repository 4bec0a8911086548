import { parseConfig } from "@sluice/config";
import { listenInternally, runUntilSignal } from "@sluice/http";
import { TaskQueue, TaskWorker } from "@sluice/queue";
import { TracingSettings, createLogger, createRegistry, openTracing } from "@sluice/telemetry";
import { Redis } from "ioredis";
import { announcer } from "./hints/announcer.ts";
import { Hints } from "./hints/hints.ts";
import { openTraining } from "./open-training.ts";
import { outboxHandlers } from "./outbox/handlers.ts";
import { countOutcomes } from "./outbox/outbox-metrics.ts";
import { OUTBOX_KINDS, OUTBOX_QUEUE, type OutboxKinds } from "./outbox/outbox-queue.ts";
import { Relay } from "./outbox/relay.ts";
import { deliver } from "./webhooks/deliver.ts";
import { WorkerSettings } from "./worker-settings.ts";

const SERVICE = "training-worker";

/** With pauses of 5, 10, … 320 s between them, about ten minutes. */
const TRIES = 8;

const settings = parseConfig(WorkerSettings);
const logger = createLogger({ service: SERVICE, level: settings.SLUICE_LOG_LEVEL });
const registry = createRegistry(SERVICE);
const tracing = await openTracing({
  service: SERVICE,
  settings: parseConfig(TracingSettings),
  registry,
  logger,
});
const db = await openTraining(settings, { service: SERVICE, registry, logger });
// Only its settings are used: hints have connections of their own.
const hints = new Hints({
  redis: new Redis(settings.SLUICE_REDIS_URL, { lazyConnect: true }),
  logger,
  registry,
});
const redis = { name: OUTBOX_QUEUE, redisUrl: settings.SLUICE_REDIS_URL, logger };
const queue = new TaskQueue<OutboxKinds>({
  ...redis,
  kinds: OUTBOX_KINDS,
  tries: TRIES,
  backoffMs: settings.SLUICE_OUTBOX_BACKOFF_MS,
});
const allowPrivate = settings.SLUICE_WEBHOOK_ALLOW_PRIVATE;
const worker = new TaskWorker<OutboxKinds>({
  ...redis,
  tracing,
  handlers: outboxHandlers({
    db,
    announce: announcer(registry, hints),
    deliver: (ref, signal) => deliver(db, ref, { allowPrivate, signal }),
    count: countOutcomes(registry),
    logger,
  }),
});
const relay = new Relay({ db, queue, logger });
const service = await listenInternally({
  registry,
  ready: async () => {
    await db.ping(2_000);
    if (!worker.isConnected) throw new Error("Redis cannot be reached.");
  },
  internalPort: settings.SLUICE_INTERNAL_PORT,
  control: { gates: [db], token: settings.SLUICE_CONTROL_TOKEN },
  logger,
  onClose: [
    () => tracing?.close(),
    () => db.close(),
    () => hints.close(),
    () => queue.close(),
    () => worker.stop(),
    () => relay.stop(),
  ],
});
runUntilSignal(service, logger);
