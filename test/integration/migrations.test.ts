import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  dumpSchema,
  migrate,
  MIGRATIONS_DIRECTORY,
  migrationStatus,
  readMigrations,
} from "@sluice/db/migrate";
import { expect, test } from "vitest";
import {
  connect,
  databaseWithRoles,
  emptyDatabase,
  migrationFiles,
  useScratchPostgres,
} from "./scratch-migrations.ts";

useScratchPostgres();

const FIRST =
  "CREATE SCHEMA app; CREATE TABLE app.items (item_id bigint NOT NULL, name text NOT NULL);";
const UNIQUE_INDEX = `-- migrate:no-transaction
INSERT INTO app.items SELECT 1, 'first' WHERE NOT EXISTS (SELECT FROM app.items);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS items_name_idx ON app.items (name);`;

test("an empty database comes to the committed schema, and a second run changes nothing", async () => {
  const { url } = await databaseWithRoles();
  const files = readMigrations().map(({ file }) => file);
  expect(await migrate({ url })).toEqual({ applied: files });
  expect(await dumpSchema({ url })).toBe(
    await readFile(join(MIGRATIONS_DIRECTORY, "schema.sql"), "utf8"),
  );
  expect(await migrate({ url })).toEqual({ applied: [] });
  const { applied, pending, changed } = await migrationStatus({ url });
  expect(applied.map(({ number }) => number)).toEqual(files.map((_, index) => index + 1));
  expect([...pending, ...changed]).toEqual([]);
});

test("runs at the same time all succeed, and each file is applied once", async () => {
  const { url } = await databaseWithRoles();
  const runs = await Promise.all([migrate({ url }), migrate({ url }), migrate({ url })]);
  expect(runs.flatMap(({ applied }) => applied)).toEqual(readMigrations().map(({ file }) => file));
});

test("a run that cannot have the lock in time says that another one holds it", async () => {
  const { url } = await databaseWithRoles();
  await connect(url)`SELECT pg_advisory_lock(126909663503205)`;
  await expect(migrate({ url, waitMs: 200 })).rejects.toMatchObject({ reason: "busy" });
});

test("without the roles the run says what is missing", async () => {
  const { url } = await emptyDatabase();
  await connect(url)`ALTER ROLE sluice_owner RENAME TO sluice_owner_away`;
  const run = migrate({ url });
  await expect(run).rejects.toMatchObject({
    reason: "roles_missing",
    message: expect.stringContaining("sluice_owner"),
  });
  await connect(url)`ALTER ROLE sluice_owner_away RENAME TO sluice_owner`;
});

test("a file changed after it was applied is refused, and named", async () => {
  const { url } = await databaseWithRoles();
  const directory = await migrationFiles({
    "0001_first.sql": FIRST,
    "0002_second.sql": "SELECT 1;",
  });
  await migrate({ url, directory });
  await writeFile(join(directory, "0001_first.sql"), `${FIRST} -- and a word`);
  const refusal = { reason: "changed", message: expect.stringContaining("0001_first.sql") };
  await expect(migrate({ url, directory })).rejects.toMatchObject(refusal);
  expect((await migrationStatus({ url, directory })).changed.map(({ file }) => file)).toEqual([
    "0001_first.sql",
  ]);
});

test("a file that was passed over is refused", async () => {
  const { url } = await databaseWithRoles();
  const directory = await migrationFiles({
    "0001_first.sql": FIRST,
    "0002_second.sql": "SELECT 1;",
  });
  await migrate({ url, directory });
  await connect(url)`DELETE FROM migrations.ledger WHERE number = 1`;
  const refusal = { reason: "gap", message: expect.stringContaining("0001_first.sql") };
  await expect(migrate({ url, directory })).rejects.toMatchObject(refusal);
});

test("a database newer than the code is refused", async () => {
  const { url } = await databaseWithRoles();
  await migrate({
    url,
    directory: await migrationFiles({ "0001_first.sql": FIRST, "0002_second.sql": "SELECT 1;" }),
  });
  const refusal = { reason: "database_newer", message: expect.stringContaining("0002_second") };
  const older = await migrationFiles({ "0001_first.sql": FIRST });
  await expect(migrate({ url, directory: older })).rejects.toMatchObject(refusal);
});

test("a failing file leaves nothing of itself and keeps the ones before it", async () => {
  const { url } = await databaseWithRoles();
  const directory = await migrationFiles({
    "0001_first.sql": FIRST,
    "0002_second.sql": "CREATE TABLE app.more ();\n\nALTER TABLE app.absent ADD COLUMN x int;",
  });
  const failure = {
    reason: "statement_failed",
    message: expect.stringMatching(/^0002_second\.sql:3: .*app\.absent.*42P01/),
  };
  await expect(migrate({ url, directory })).rejects.toMatchObject(failure);
  const [left] = await connect(
    url,
  )`SELECT to_regclass('app.items') AS items, to_regclass('app.more') AS more`;
  expect(left).toEqual({ items: "app.items", more: null });
  expect((await migrationStatus({ url, directory })).pending.map(({ file }) => file)).toEqual([
    "0002_second.sql",
  ]);
});

test("a file without a transaction is resumed, and the ruin of a failed index is built anew", async () => {
  const { url } = await databaseWithRoles();
  const sql = connect(url);
  await migrate({ url, directory: await migrationFiles({ "0001_first.sql": FIRST }) });
  await sql`INSERT INTO app.items VALUES (1, 'twice'), (2, 'twice')`;
  const directory = await migrationFiles({
    "0001_first.sql": FIRST,
    "0002_unique.sql": UNIQUE_INDEX,
  });
  await expect(migrate({ url, directory })).rejects.toMatchObject({ reason: "statement_failed" });
  const valid = () =>
    sql`SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('app.items_name_idx')`;
  expect([...(await valid())]).toEqual([{ indisvalid: false }]);
  await sql`DELETE FROM app.items WHERE item_id = 2`;
  const log: string[] = [];
  await migrate({ url, directory, log: (line) => log.push(line) });
  expect([...(await valid())]).toEqual([{ indisvalid: true }]);
  expect(log.join("\n")).toContain("app.items_name_idx was left invalid");
});

test("an index that became invalid later is rebuilt in place, and the rest of a failed rebuild dropped", async () => {
  const { url } = await databaseWithRoles();
  const sql = connect(url);
  const directory = await migrationFiles({
    "0001_first.sql": FIRST,
    "0002_unique.sql": UNIQUE_INDEX,
  });
  await migrate({ url, directory });
  await sql`CREATE INDEX items_name_idx_ccnew ON app.items (name)`;
  await sql`ALTER TABLE app.items OWNER TO sluice_owner`;
  await sql`UPDATE pg_index SET indisvalid = false WHERE indrelid = 'app.items'::regclass`;
  await migrate({ url, directory });
  const indexes =
    await sql`SELECT indexrelid::regclass::text AS name, indisvalid FROM pg_index WHERE indrelid = 'app.items'::regclass`;
  expect([...indexes]).toEqual([{ name: "app.items_name_idx", indisvalid: true }]);
});

test("an abort cancels the running statement on the server", async () => {
  const { url } = await databaseWithRoles();
  const directory = await migrationFiles({
    "0001_first.sql": FIRST,
    "0002_long.sql": "SELECT pg_sleep(600);",
  });
  const controller = new AbortController();
  const log = (line: string): void => {
    if (line === "0002_long.sql: applying") controller.abort();
  };
  await expect(migrate({ url, directory, log, signal: controller.signal })).rejects.toMatchObject({
    reason: "aborted",
  });
  expect((await migrationStatus({ url, directory })).applied.map(({ name }) => name)).toEqual([
    "first",
  ]);
});
