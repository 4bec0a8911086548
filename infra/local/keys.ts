import {
  createKey,
  createPlatformKey,
  createProject,
  createTenant,
  PROJECT_SCOPES,
} from "@sluice/auth";
import { type Database, openDatabase } from "@sluice/db";
import { SluiceError } from "@sluice/errors";
import { createLogger, createRegistry } from "@sluice/telemetry";
import type { Profile } from "@sluice/workloads";
import type { Sql } from "postgres";
import type { Keys, Secrets } from "./secrets.ts";
import { DEMO } from "./stack-file.ts";

/**
 * The stack's API keys. On the first start the tenant and the project `demo` are made with them; also when the
 * kept keys are of another database cluster.
 */
export async function ensureKeys(
  secrets: Secrets,
  direct: Sql,
  adminUrl: string,
  profile: Profile,
): Promise<Keys> {
  const cluster = await systemIdentifier(direct);
  if (secrets.keys?.cluster === cluster) return secrets.keys.keys;
  const keys = await makeKeys(adminUrl, profile);
  await secrets.keepKeys({ cluster, keys });
  return keys;
}

async function systemIdentifier(direct: Sql): Promise<string> {
  const [row] =
    await direct`select system_identifier::text as id from pg_catalog.pg_control_system()`;
  return String(row?.["id"]);
}

async function makeKeys(url: string, profile: Profile): Promise<Keys> {
  const service = "sluice-supervisor";
  const db = await openDatabase<unknown>({
    url,
    workload: "admin",
    settings: profile.workloads.admin,
    service,
    registry: createRegistry(service),
    logger: createLogger({ service, level: "warn" }),
  });
  try {
    return await makeDemoTenant(db);
  } finally {
    await db.close();
  }
}

async function makeDemoTenant(db: Database<unknown>): Promise<Keys> {
  const store = { db, actor: "system:local-stack" };
  await unlessThere(createTenant(store, { name: DEMO }));
  await unlessThere(createProject(store, { tenant: DEMO, name: DEMO }));
  const platform = await createPlatformKey(store, { name: "local platform" });
  const demo = await createKey(store, {
    name: "local demo",
    tenant: DEMO,
    project: DEMO,
    scopes: PROJECT_SCOPES,
  });
  return { platform: platform.key, demo: demo.key };
}

async function unlessThere(creation: Promise<unknown>): Promise<void> {
  await creation.catch((error: unknown) => {
    if (error instanceof SluiceError && error.code === "ALREADY_EXISTS") return;
    throw error;
  });
}
