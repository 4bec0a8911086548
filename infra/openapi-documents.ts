import * as dataLoader from "@sluice/data-loader/app";
import * as featureApi from "@sluice/feature-api/app";
import type { App } from "@sluice/http";
import * as ops from "@sluice/ops/app";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import * as trainingManager from "@sluice/training-manager/app";

/** feature-api's OpenAPI document, as it serves it at /openapi.json. */
export function featureApiDocument(): Promise<string> {
  return render(featureApi.buildApp({ ...UNASKED, ...silent(featureApi.SERVICE) }));
}

/** The same of training-manager. */
export function trainingManagerDocument(): Promise<string> {
  const deps = { ...UNASKED, ...silent(trainingManager.SERVICE) };
  return render(trainingManager.buildApp(deps));
}

/** The same of data-loader. */
export function dataLoaderDocument(): Promise<string> {
  const { db, ...others } = UNASKED;
  const deps = { ...others, sampleDb: db, importDb: db };
  return render(dataLoader.buildApp({ ...deps, ...silent(dataLoader.SERVICE) }));
}

/** The same of ops. */
export function opsDocument(): Promise<string> {
  const { db, verifier, quotas } = UNASKED;
  const layer = { latest: unasked };
  const watch = { system: layer, database: layer, pools: layer, instances: layer };
  const profile = selectProfile(loadWorkloads(), "local");
  const deps = { admin: db, monitor: db, redis: undefined, poolers: [], watch, profile };
  return render(ops.buildApp({ ...deps, verifier, quotas, ...silent(ops.SERVICE) }));
}

/** Describing routes opens nothing and asks nobody. */
const UNASKED = {
  db: { run: unasked, transaction: unasked },
  verifier: { authenticate: unasked, resolveProject: unasked },
  quotas: { admit: unasked, tenantOf: unasked, refusalOf: unasked },
  announce: unasked,
  read: { one: unasked, many: unasked },
  hints: { listen: () => undefined },
  background: { start: unasked, repeat: unasked },
  operations: { start: unasked, adopt: unasked },
};

function unasked(): never {
  throw new Error("an OpenAPI document is rendered without a database");
}

function silent(service: string) {
  return {
    logger: createLogger({ service, level: "silent" }),
    registry: createRegistry(service),
  };
}

async function render(app: App): Promise<string> {
  await app.ready();
  const document = JSON.stringify(app.swagger(), null, 2);
  await app.close();
  return `${document}\n`;
}
