import { randomBytes } from "node:crypto";
import {
  type Queryable,
  type TenantKeyRequest,
  type Transactional,
  type Verifier,
  createKey,
  createProject,
  createTenant,
  createVerifier,
} from "@sluice/auth";
import { type OpenDatabase, openDatabase } from "@sluice/db";
import { type App, buildServer } from "@sluice/http";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { type WorkloadName, loadWorkloads, selectProfile } from "@sluice/workloads";
import type { Redis } from "ioredis";
import { expect, onTestFinished, vi } from "vitest";

const logger = createLogger({ service: "test", level: "silent" });

/** One slot of a workload, through PgBouncer. */
export function openWorkload(workload: WorkloadName, url: string): Promise<OpenDatabase<unknown>> {
  const profile = selectProfile(loadWorkloads(), "local");
  const settings = { ...profile.workloads[workload], base: 1, overflow: 1 };
  return openDatabase({
    url,
    workload,
    settings,
    service: "test",
    registry: createRegistry("test"),
    logger,
  });
}

/** A verifier of the test's own, closed when it ends. With Redis it listens for revocations already. */
export async function openVerifier(db: Queryable, redis?: Redis): Promise<Verifier> {
  const registry = createRegistry("test");
  const verifier = createVerifier({ db, redis, logger, registry });
  onTestFinished(() => verifier.close());
  if (redis !== undefined) {
    await vi.waitFor(async () =>
      expect(await registry.metrics()).toMatch(/^auth_revocations_heard.* 1$/m),
    );
  }
  return verifier;
}

/** A server with one route under a project, which says which project it was. */
export function serve({ authenticate, resolveProject }: Verifier): App {
  const app = buildServer({
    service: "test",
    logger,
    registry: createRegistry("test"),
    title: "Test",
    version: "1.0.0",
    authenticate,
  });
  app.get(
    "/v1/projects/:project/thing",
    { config: { scope: "features:read" } },
    async ({ params, principal }) => {
      const { name } = await resolveProject(principal, (params as { project: string }).project);
      return { project: name, key: principal.keyId };
    },
  );
  return app;
}

/** The same database, counting statements by operation and how many of them ran at once. */
export function counting(db: Queryable): {
  db: Queryable;
  statements: Map<string, number>;
  most: () => number;
} {
  const statements = new Map<string, number>();
  let running = 0;
  let most = 0;
  const run: Queryable["run"] = async (operation, query, options) => {
    statements.set(operation, (statements.get(operation) ?? 0) + 1);
    most = Math.max(most, ++running);
    try {
      return await db.run(operation, query, options);
    } finally {
      running -= 1;
    }
  };
  return { db: { run }, statements, most: () => most };
}

/** A tenant with its projects, of names that nobody else uses. */
export interface TestTenant {
  readonly tenant: string;
  readonly projects: readonly string[];
  /** Creates a key of the tenant; by default one that reads the features of all its projects. */
  key(request?: Partial<TenantKeyRequest>): Promise<{ id: string; key: string }>;
}

export async function makeTenant(db: Transactional, projectCount = 1): Promise<TestTenant> {
  const store = { db, actor: "system:test" };
  const tenant = `t-${randomBytes(6).toString("hex")}`;
  await createTenant(store, { name: tenant });
  const projects = Array.from({ length: projectCount }, (_, index) => `${tenant}-p${index}`);
  for (const name of projects) await createProject(store, { tenant, name });
  const key: TestTenant["key"] = (request = {}) =>
    createKey(store, {
      tenant,
      project: null,
      name: "test",
      scopes: ["features:read"],
      ...request,
    });
  return { tenant, projects, key };
}
