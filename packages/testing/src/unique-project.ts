import { randomBytes } from "node:crypto";
import { createKey, createProject, createTenant, PROJECT_SCOPES, type Scope } from "@sluice/auth";
import { openDatabase } from "@sluice/db";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { readStack } from "./read-stack.ts";

// One for all: each logger listens for the end of the process.
const logger = createLogger({ service: "testing", level: "silent" });

/** A project that nobody else uses, and a key to it. */
export interface TestProject {
  readonly tenant: string;
  readonly project: string;
  /** The text of an `Authorization: Bearer` header after the word. */
  readonly key: string;
}

/**
 * Makes a tenant with one project and a key bound to it, in the stack of this test run.
 * @param scopes default: features, jobs and data, as the demo key has them.
 */
export async function uniqueProject(
  scopes: readonly Scope[] = PROJECT_SCOPES,
): Promise<TestProject> {
  const { admin } = selectProfile(loadWorkloads(), "local").workloads;
  const db = await openDatabase({
    url: readStack().pgbouncer.urls["admin"] ?? "",
    workload: "admin",
    settings: { ...admin, base: 1, overflow: 0 },
    service: "testing",
    registry: createRegistry("testing"),
    logger,
  });
  try {
    const tenant = `t-${randomBytes(6).toString("hex")}`;
    const project = `${tenant}-p`;
    const store = { db, actor: "system:test" };
    await createTenant(store, { name: tenant });
    await createProject(store, { tenant, name: project });
    const { key } = await createKey(store, { tenant, project, name: "test", scopes });
    return { tenant, project, key };
  } finally {
    await db.close();
  }
}
