import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureRoles, type RoleSpec, scramSecret } from "@sluice/db/migrate";
import { type ScratchPostgres, startScratchPostgres } from "@sluice/testing";
import { loadWorkloads, roleSettings, selectProfile } from "@sluice/workloads";
import postgres from "postgres";
import { afterAll, beforeAll, onTestFinished } from "vitest";

export const PASSWORD = "a-password-of-the-tests";

/** The roles of the local profile, as a stack makes them. */
export const ROLES: readonly RoleSpec[] = roleSettings(selectProfile(loadWorkloads(), "local")).map(
  ({ role, settings }) => ({ name: role, settings, password: scramSecret(PASSWORD) }),
);

let server: ScratchPostgres;
let databases = 0;

/** Gives the test file a PostgreSQL of its own: roles are common to a whole cluster, and these tests change them. */
export function useScratchPostgres(): void {
  beforeAll(async () => {
    server = await startScratchPostgres();
  });
  afterAll(() => server.stop());
}

export interface ScratchDatabase {
  /** As the superuser. */
  readonly url: string;
  urlAs(user: string): string;
}

/** An empty database. */
export async function emptyDatabase(): Promise<ScratchDatabase> {
  const database = `scratch_${(databases += 1)}`;
  await connect(server.url()).unsafe(`CREATE DATABASE ${database}`);
  return {
    url: server.url({ database }),
    urlAs: (user) => server.url({ database, user, password: PASSWORD }),
  };
}

/** A database with the roles, ready for migrations. */
export async function databaseWithRoles(): Promise<ScratchDatabase> {
  const database = await emptyDatabase();
  await ensureRoles({ url: database.url, roles: ROLES });
  return database;
}

/** A connection that is closed when the test ends; int8 come as strings. */
export function connect(url: string, options: postgres.Options<{}> = {}): postgres.Sql {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {}, ...options });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

/** A migrations directory with these files: `{ "0001_a.sql": "CREATE …" }`. */
export async function migrationFiles(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-migrations-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}
