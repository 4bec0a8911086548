// feature-api as it is, except that each single look-up is a statement of its own. DATABASE_URL, REDIS_URL, PORT.
import { createVerifier, TenantQuotas } from "@sluice/auth";
import { openDatabase } from "@sluice/db";
import { buildApp, SERVICE } from "@sluice/feature-api/app";
import { findRow, findRows } from "@sluice/feature-api/lookup/queries";
import { listen, runUntilSignal } from "@sluice/http";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { Redis } from "ioredis";

const logger = createLogger({ service: SERVICE });
const registry = createRegistry(SERVICE);
const db = await openDatabase<unknown>({
  url: process.env["DATABASE_URL"]!,
  workload: "feature",
  settings: selectProfile(loadWorkloads(), "local").workloads.feature,
  service: SERVICE,
  registry,
  logger,
});
const redis = new Redis(process.env["REDIS_URL"]!, { lazyConnect: true });
const verifier = createVerifier({ db, redis, logger, registry });
const quotas = new TenantQuotas({ redis, logger, registry });
const read = {
  one: findRow.bind(undefined, db),
  many: (project: string, wanted: Parameters<typeof findRows>[2]) => findRows(db, project, wanted),
};
const service = await listen({
  app: buildApp({ db, read, verifier, quotas, logger, registry }),
  ready: () => db.ping(2_000),
  host: "127.0.0.1",
  port: Number(process.env["PORT"]),
  internalPort: 0,
  logger,
  onClose: [() => db.close(), () => verifier.close(), () => quotas.close()],
});
runUntilSignal(service, logger);
