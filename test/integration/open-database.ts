import { type OpenDatabase, openDatabase } from "@sluice/db";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { readStack } from "@sluice/testing";
import {
  type WorkloadName,
  type WorkloadSettings,
  loadWorkloads,
  selectProfile,
} from "@sluice/workloads";
import postgres from "postgres";

export type TestDatabase = OpenDatabase<Record<string, never>> & AsyncDisposable;

/** A database of the stack's workload, as a service opens it. */
export async function openTestDatabase(
  workload: WorkloadName = "feature",
  overrides: Partial<WorkloadSettings> = {},
): Promise<TestDatabase> {
  const settings = { ...selectProfile(loadWorkloads(), "local").workloads[workload], ...overrides };
  const database = await openDatabase<Record<string, never>>({
    url: readStack().pgbouncer.urls[workload]!,
    workload,
    settings,
    service: "test",
    registry: createRegistry("test"),
    logger: createLogger({ service: "test", level: "silent" }),
  });
  return Object.assign(database, { [Symbol.asyncDispose]: () => database.close() });
}

/** The stack's PostgreSQL as its superuser, directly: for what no service may do or see. */
export function openSuperuser(): postgres.Sql & AsyncDisposable {
  const sql = postgres(readStack().postgres.url, { max: 2, onnotice: () => {} });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) });
}
