import { type OpenDatabase, openDatabase } from "@sluice/db";
import { ensureRoles, migrate, scramSecret } from "@sluice/db/migrate";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { startScratchPostgres } from "./scratch-postgres.ts";
import { loadWorkloads, roleSettings, selectProfile, type WorkloadName } from "@sluice/workloads";

const PASSWORD = "a-password-of-the-tests";

/** For tests: a PostgreSQL of one's own with Sluice's schema. Plans depend on what else a table holds. */
export interface ScratchDatabase {
  /** As the services of the workload see it. */
  readonly db: OpenDatabase<unknown>;
  /** How the services of a workload come in. */
  urlOf(workload: WorkloadName): string;
  /** As its superuser, who may load and analyze tables. */
  readonly superuserUrl: string;
  stop(): Promise<void>;
}

export async function openScratchDatabase(workload: WorkloadName): Promise<ScratchDatabase> {
  const server = await startScratchPostgres();
  const url = server.url();
  const profile = selectProfile(loadWorkloads(), "local");
  const roles = roleSettings(profile).map(({ role, settings }) => ({
    name: role,
    settings,
    password: scramSecret(PASSWORD),
  }));
  await ensureRoles({ url, roles });
  await migrate({ url });
  const urlOf = (name: WorkloadName): string =>
    server.url({ user: profile.workloads[name].role, password: PASSWORD });
  const db = await openDatabase<unknown>({
    url: urlOf(workload),
    workload,
    settings: profile.workloads[workload],
    service: "test",
    registry: createRegistry("test"),
    logger: createLogger({ service: "test", level: "silent" }),
  });
  const stop = async () => {
    await db.close();
    await server.stop();
  };
  return { db, urlOf, superuserUrl: url, stop };
}
