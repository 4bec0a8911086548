import { createVerifier, TenantQuotas } from "@sluice/auth";
import { parseConfig } from "@sluice/config";
import { listen, runUntilSignal } from "@sluice/http";
import { TracingSettings, createLogger, createRegistry, openTracing } from "@sluice/telemetry";
import { Redis } from "ioredis";
import { buildApp, SERVICE } from "./app.ts";
import { announcer } from "./hints/announcer.ts";
import { Hints } from "./hints/hints.ts";
import { openTraining } from "./open-training.ts";
import { Settings } from "./settings.ts";
import { sweepMeter } from "./sweeper/sweep-metrics.ts";
import { Sweeper } from "./sweeper/sweeper.ts";

const settings = parseConfig(Settings);
const logger = createLogger({ service: SERVICE, level: settings.SLUICE_LOG_LEVEL });
const registry = createRegistry(SERVICE);
const tracing = await openTracing({
  service: SERVICE,
  settings: parseConfig(TracingSettings),
  registry,
  logger,
});
const db = await openTraining(settings, { service: SERVICE, registry, logger });
// Only its settings are used: who needs Redis makes a connection of its own.
const redis = settings.SLUICE_REDIS_URL
  ? new Redis(settings.SLUICE_REDIS_URL, { lazyConnect: true })
  : undefined;
const verifier = createVerifier({ db, redis, logger, registry });
const quotas = new TenantQuotas({ redis, logger, registry });
const hints = new Hints({ redis, logger, registry });
const announce = announcer(registry, hints);
const sweeper = new Sweeper({
  store: { db, announce },
  hangSeconds: settings.SLUICE_HANG_SECONDS,
  logger,
  meter: sweepMeter(registry),
});
const service = await listen({
  app: buildApp({
    db,
    announce,
    verifier,
    quotas,
    hints,
    logger,
    registry,
    tracing,
    allowPrivateWebhooks: settings.SLUICE_WEBHOOK_ALLOW_PRIVATE,
  }),
  ready: () => db.ping(2_000),
  host: settings.SLUICE_HOST,
  port: settings.SLUICE_PORT,
  internalPort: settings.SLUICE_INTERNAL_PORT,
  control: { gates: [db], token: settings.SLUICE_CONTROL_TOKEN },
  logger,
  onClose: [
    () => tracing?.close(),
    () => db.close(),
    () => verifier.close(),
    () => quotas.close(),
    () => hints.close(),
  ],
});
sweeper.start();
// First of all, since from then on heartbeats may be refused: nobody must be blamed for silence.
const close = (): Promise<void> => sweeper.stop().then(() => service.close());
runUntilSignal({ close }, logger);
