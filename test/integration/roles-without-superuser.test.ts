import { ensureRoles, migrate, readMigrations } from "@sluice/db/migrate";
import { expect, test } from "vitest";
import {
  connect,
  emptyDatabase,
  PASSWORD,
  ROLES,
  useScratchPostgres,
} from "./scratch-migrations.ts";

useScratchPostgres();

test("the database's owner with CREATEROLE makes the roles and migrates; what it may not is named", async () => {
  const { url, urlAs } = await emptyDatabase();
  const sql = connect(url);
  const [{ name, version } = { name: "", version: 0 }] = await sql<
    { name: string; version: number }[]
  >`
    SELECT current_database() AS name, current_setting('server_version_num')::int AS version`;
  await sql.unsafe(
    `CREATE ROLE deployer LOGIN CREATEROLE PASSWORD '${PASSWORD}'; ALTER DATABASE ${name} OWNER TO deployer`,
  );

  const { leftToAdministrator } = await ensureRoles({ url: urlAs("deployer"), roles: ROLES });
  const expected = version >= 160_000 ? ["GRANT pg_monitor TO sluice_monitor"] : [];
  expect(leftToAdministrator.filter((statement) => !/ON SCHEMA public/.test(statement))).toEqual(
    expected,
  );
  expect(await migrate({ url: urlAs("deployer") })).toEqual({
    applied: readMigrations().map(({ file }) => file),
  });

  for (const statement of leftToAdministrator) await sql.unsafe(statement);
  expect(await ensureRoles({ url: urlAs("deployer"), roles: ROLES })).toEqual({
    leftToAdministrator: [],
  });
  expect([...(await connect(urlAs("sluice_feature"))`SELECT FROM features.online_values`)]).toEqual(
    [],
  );
});
