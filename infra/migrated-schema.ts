import { dumpSchema, ensureRoles, migrate } from "@sluice/db/migrate";
import { startScratchPostgres } from "@sluice/testing";
import { loadWorkloads, roleSettings, selectProfile } from "@sluice/workloads";

/** The schema that the migrations make of an empty database, as text. */
export async function migratedSchema(): Promise<string> {
  const postgres = await startScratchPostgres();
  try {
    const url = postgres.url();
    const profile = selectProfile(loadWorkloads(), "local");
    const roles = roleSettings(profile).map(({ role, settings }) => ({ name: role, settings }));
    await ensureRoles({ url, roles });
    await migrate({ url });
    return await dumpSchema({ url });
  } finally {
    await postgres.stop();
  }
}
