import { ensureRoles, migrate } from "@sluice/db/migrate";
import { expect, test } from "vitest";
import {
  connect,
  databaseWithRoles,
  emptyDatabase,
  PASSWORD,
  ROLES,
  type ScratchDatabase,
  useScratchPostgres,
} from "./scratch-migrations.ts";

useScratchPostgres();

const DENIED = { code: "42501" };

async function migratedDatabase(): Promise<ScratchDatabase> {
  const database = await databaseWithRoles();
  await migrate({ url: database.url });
  return database;
}

test.each(ROLES)("$name has its settings in every session", async ({ name, settings }) => {
  const { url, urlAs } = await databaseWithRoles();
  const rows = await connect(urlAs(name))<{ name: string; value: string }[]>`
    SELECT lower(name) AS name, setting || coalesce(unit, '') AS value FROM pg_settings
    WHERE lower(name) = ANY (string_to_array(${Object.keys(settings).join()}, ','))`;
  const actual = Object.fromEntries(rows.map((row) => [row.name, row.value]));
  expect(actual).toEqual({ ...settings, search_path: '""' });
  expect(await ensureRoles({ url, roles: ROLES })).toEqual({ leftToAdministrator: [] });
});

test("a setting that is no longer listed is taken from the role", async () => {
  const { url } = await databaseWithRoles();
  await ensureRoles({
    url,
    roles: ROLES.map((role) => ({ ...role, settings: { ...role.settings, work_mem: "16MB" } })),
  });
  await ensureRoles({ url, roles: ROLES });
  const rows = await connect(
    url,
  )`SELECT FROM pg_roles WHERE rolname ~ '^sluice_' AND rolconfig::text ~ 'work_mem'`;
  expect([...rows]).toEqual([]);
});

test("a role's password is the one whose secret was given", async () => {
  const { urlAs } = await databaseWithRoles();
  expect([...(await connect(urlAs("sluice_feature"))`SELECT 1 AS one`)]).toEqual([{ one: 1 }]);
  const wrong = urlAs("sluice_feature").replace(PASSWORD, "another");
  await expect(connect(wrong)`SELECT 1`).rejects.toMatchObject({ code: "28P01" });
});

test("the feature role works on features alone and makes nothing", async () => {
  const sql = connect((await migratedDatabase()).urlAs("sluice_feature"));
  expect([...(await sql`SELECT FROM auth.api_keys`)]).toEqual([]);
  expect([...(await sql`SELECT FROM features.online_values`)]).toEqual([]);
  await sql`DELETE FROM features.feature_views`;
  await expect(sql`INSERT INTO auth.tenants (name) VALUES ('mine')`).rejects.toMatchObject(DENIED);
  await expect(sql`UPDATE auth.api_keys SET revoked_at = NULL`).rejects.toMatchObject(DENIED);
  for (const table of ["public.mine", "features.mine", "pg_temp.mine"]) {
    await expect(sql.unsafe(`CREATE TABLE ${table} ()`)).rejects.toMatchObject(DENIED);
  }
  await expect(sql`CREATE SCHEMA mine`).rejects.toMatchObject(DENIED);
  await expect(sql`TRUNCATE features.online_values`).rejects.toMatchObject(DENIED);
  await expect(sql`ALTER TABLE features.online_values ADD COLUMN mine int`).rejects.toMatchObject(
    DENIED,
  );
  await expect(sql`SET ROLE sluice_owner`).rejects.toMatchObject(DENIED);
});

test.each(["sluice_training", "sluice_sample", "sluice_import"])(
  "%s reads keys, and neither features nor the ledger",
  async (role) => {
    const sql = connect((await migratedDatabase()).urlAs(role));
    expect([...(await sql`SELECT FROM auth.quotas`)]).toEqual([]);
    await expect(sql`SELECT FROM features.online_values`).rejects.toMatchObject(DENIED);
    await expect(sql`DELETE FROM auth.quotas`).rejects.toMatchObject(DENIED);
    await expect(sql`SELECT FROM migrations.ledger`).rejects.toMatchObject(DENIED);
  },
);

test("the monitor sees what sessions do, verifies keys, and reads none of the data", async () => {
  const { urlAs } = await migratedDatabase();
  const sql = connect(urlAs("sluice_monitor"));
  const [seen] =
    await sql`SELECT count(*)::int AS hidden FROM pg_stat_activity WHERE query = '<insufficient privilege>'`;
  expect(seen).toEqual({ hidden: 0 });
  for (const table of ["features.online_values", "features.feature_views", "migrations.ledger"])
    await expect(sql.unsafe(`SELECT FROM ${table}`)).rejects.toMatchObject(DENIED);
  await expect(sql`SELECT details FROM auth.audit_log`).rejects.toMatchObject(DENIED);
  expect([...(await sql`SELECT FROM auth.api_keys`)]).toEqual([]);
  await expect(sql`UPDATE auth.api_keys SET revoked_at = NULL`).rejects.toMatchObject(DENIED);
});

test("the administrator writes who may do what, and reads no features", async () => {
  const sql = connect((await migratedDatabase()).urlAs("sluice_admin"));
  await sql`INSERT INTO auth.tenants (name) VALUES ('acme')`;
  await expect(sql`INSERT INTO auth.tenants (name) VALUES ('No Such Name')`).rejects.toMatchObject({
    code: "23514",
  });
  await expect(sql`SELECT FROM features.online_values`).rejects.toMatchObject(DENIED);
});

test("a role that Sluice did not make cannot even connect, and the owner cannot log in", async () => {
  const { url, urlAs } = await databaseWithRoles();
  const sql = connect(url);
  const [stranger] = await sql`SELECT rolpassword FROM pg_authid WHERE rolname = 'sluice_feature'`;
  await sql.unsafe(`CREATE ROLE stranger LOGIN PASSWORD '${stranger?.["rolpassword"]}'`);
  await expect(connect(urlAs("stranger"))`SELECT 1`).rejects.toMatchObject({ code: "42501" });
  await sql.unsafe(`ALTER ROLE sluice_owner PASSWORD '${stranger?.["rolpassword"]}'`);
  await expect(connect(urlAs("sluice_owner"))`SELECT 1`).rejects.toMatchObject({ code: "28000" });
});

test("a role with rights beyond a login is refused", async () => {
  const { url } = await emptyDatabase();
  await connect(url)`CREATE ROLE sluice_excess SUPERUSER`;
  const refusal = {
    reason: "roles_missing",
    message: expect.stringContaining("sluice_excess has super"),
  };
  await expect(
    ensureRoles({ url, roles: [{ name: "sluice_excess", settings: {} }] }),
  ).rejects.toMatchObject(refusal);
});
