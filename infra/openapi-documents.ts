import * as featureApi from "@sluice/feature-api/app";
import type { App } from "@sluice/http";
import { createLogger, createRegistry } from "@sluice/telemetry";
import * as trainingManager from "@sluice/training-manager/app";

/** feature-api's OpenAPI document, as it serves it at /openapi.json. */
export function featureApiDocument(): Promise<string> {
  return render(featureApi.buildApp({ ...UNASKED, ...silent(featureApi.SERVICE) }));
}

/** The same of training-manager. */
export function trainingManagerDocument(): Promise<string> {
  const deps = { ...UNASKED, announce: unasked, ...silent(trainingManager.SERVICE) };
  return render(trainingManager.buildApp(deps));
}

/** Describing routes opens nothing and asks nobody. */
const UNASKED = {
  db: { run: unasked, transaction: unasked },
  verifier: { authenticate: unasked, resolveProject: unasked },
  quotas: { admit: unasked },
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
