import { migrate, MIGRATIONS_DIRECTORY, readMigrations } from "@sluice/db/migrate";
import { expect, onTestFinished, test } from "vitest";
import {
  connect,
  databaseWithRoles,
  migrationFiles,
  type ScratchDatabase,
  useScratchPostgres,
} from "./scratch-migrations.ts";

useScratchPostgres();

const product = Object.fromEntries(
  readMigrations(MIGRATIONS_DIRECTORY).map(({ file, sql }) => [file, sql]),
);
const next = String(Object.keys(product).length + 1).padStart(4, "0");
const afterNext = String(Object.keys(product).length + 2).padStart(4, "0");
const CHANGE_TABLE = "ALTER TABLE features.online_values ADD COLUMN note text;";
const ADD_INDEX = `-- migrate:no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS online_values_note_idx ON features.online_values (note);`;

/** The product's schema with 20,000 entities. */
async function databaseWithData(): Promise<ScratchDatabase> {
  const database = await databaseWithRoles();
  await migrate({ url: database.url });
  const sql = connect(database.url);
  await sql`INSERT INTO features.online_values (project_id, view_id, event_time, entity_key, feature_values)
            SELECT 1, 1, now(), format('["%s"]', n), jsonb_build_object('value', n) FROM generate_series(1, 20000) n`;
  return database;
}

/** A transaction that reads the table and stays open until the returned function is called. */
async function holdTable({ url }: ScratchDatabase): Promise<() => Promise<void>> {
  const sql = connect(url);
  await sql`BEGIN`.simple();
  await sql`SELECT FROM features.online_values LIMIT 1`;
  return async () => {
    await sql`COMMIT`.simple();
  };
}

/** Reads and writes of the service, each of which fails when a lock makes it wait for a second. */
function startTraffic(
  database: ScratchDatabase,
): () => Promise<{ queries: number; errors: unknown[] }> {
  const errors: unknown[] = [];
  let queries = 0;
  let running = true;
  const client = async (): Promise<void> => {
    const sql = connect(database.urlAs("sluice_feature"), {
      connection: { lock_timeout: 1_000 },
      prepare: false,
    });
    while (running) {
      const key = `["${1 + Math.floor(Math.random() * 20_000)}"]`;
      try {
        await sql`SELECT feature_values FROM features.online_values WHERE project_id = 1 AND view_id = 1 AND entity_key = ${key}`;
        await sql`UPDATE features.online_values SET written_at = now() WHERE project_id = 1 AND view_id = 1 AND entity_key = ${key}`;
        queries += 2;
      } catch (error) {
        errors.push(error);
      }
    }
  };
  const clients = Promise.all([client(), client(), client(), client()]);
  const stop = async (): Promise<{ queries: number; errors: unknown[] }> => {
    running = false;
    await clients;
    return { queries, errors };
  };
  onTestFinished(async () => void (await stop()));
  return stop;
}

test("a taken lock is tried again until it is free", async () => {
  const database = await databaseWithData();
  const release = await holdTable(database);
  const directory = await migrationFiles({ ...product, [`${next}_note.sql`]: CHANGE_TABLE });
  const retries: string[] = [];
  const log = (line: string): void => {
    if (!line.includes("a lock is taken")) return;
    retries.push(line);
    if (retries.length === 2) void release();
  };
  const lockTimeouts = { blockingMs: 50, concurrentMs: 1_000 };
  expect(await migrate({ url: database.url, directory, log, lockTimeouts })).toEqual({
    applied: [`${next}_note.sql`],
  });
  expect(retries.length).toBeGreaterThanOrEqual(2);
});

test("a lock that stays taken ends the run at its deadline and leaves nothing", async () => {
  const database = await databaseWithData();
  const release = await holdTable(database);
  const directory = await migrationFiles({ ...product, [`${next}_note.sql`]: CHANGE_TABLE });
  const options = {
    url: database.url,
    directory,
    waitMs: 500,
    lockTimeouts: { blockingMs: 50, concurrentMs: 1_000 },
  };
  await expect(migrate(options)).rejects.toMatchObject({ reason: "lock_timeout" });
  await release();
  expect(await migrate(options)).toEqual({ applied: [`${next}_note.sql`] });
});

test("an index is built while an older transaction delays it, and what an attempt left is taken away", async () => {
  const database = await databaseWithData();
  const changed = await migrationFiles({ ...product, [`${next}_note.sql`]: CHANGE_TABLE });
  await migrate({ url: database.url, directory: changed });
  const release = await holdTable(database);
  const directory = await migrationFiles({
    ...product,
    [`${next}_note.sql`]: CHANGE_TABLE,
    [`${afterNext}_note_index.sql`]: ADD_INDEX,
  });
  const lines: string[] = [];
  const log = (line: string): void => {
    lines.push(line);
    if (line.includes("a lock is taken")) void release();
  };
  const lockTimeouts = { blockingMs: 50, concurrentMs: 200 };
  await migrate({ url: database.url, directory, log, lockTimeouts });
  expect(lines.join("\n")).toContain("was left invalid by a failed build");
  const sql = connect(database.url);
  const [index] =
    await sql`SELECT indisvalid FROM pg_index WHERE indexrelid = 'features.online_values_note_idx'::regclass`;
  expect(index).toEqual({ indisvalid: true });
});

test("under traffic and beside a long transaction no query waits a second for a migration", async () => {
  const database = await databaseWithData();
  const release = await holdTable(database);
  const stopTraffic = startTraffic(database);
  const directory = await migrationFiles({
    ...product,
    [`${next}_note.sql`]: CHANGE_TABLE,
    [`${afterNext}_note_index.sql`]: ADD_INDEX,
  });
  let refused = 0;
  const log = (line: string): void => {
    if (line.includes("a lock is taken") && (refused += 1) === 3) void release();
  };
  await migrate({ url: database.url, directory, log });
  const { queries, errors } = await stopTraffic();
  expect(errors).toEqual([]);
  expect(queries).toBeGreaterThan(0);
  expect(refused).toBeGreaterThanOrEqual(3);
});
