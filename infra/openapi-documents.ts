import { buildApp, SERVICE } from "@sluice/feature-api/app";
import { createLogger, createRegistry } from "@sluice/telemetry";

/** feature-api's OpenAPI document, as it serves it at /openapi.json. */
export async function featureApiDocument(): Promise<string> {
  const app = buildApp({
    db: { run: unasked },
    verifier: { authenticate: unasked, resolveProject: unasked },
    quotas: { admit: unasked, tenantOf: unasked },
    logger: createLogger({ service: SERVICE, level: "silent" }),
    registry: createRegistry(SERVICE),
  });
  await app.ready();
  const document = JSON.stringify(app.swagger(), null, 2);
  await app.close();
  return `${document}\n`;
}

/** Describing routes opens nothing and asks nobody. */
function unasked(): never {
  throw new Error("an OpenAPI document is rendered without a database");
}
