import { readStack } from "@sluice/testing";
import postgres from "postgres";
import { statSync } from "node:fs";
import { afterAll, expect, test } from "vitest";

const stack = readStack();
const sql = postgres(stack.postgres.url, { max: 1, fetch_types: false });
afterAll(() => sql.end());

test("stack.json is its owner's only, and its services are ready", async () => {
  expect(statSync(process.env["SLUICE_STACK"] ?? "").mode & 0o777).toBe(0o600);
  for (const [name, { internal_url, pid }] of Object.entries(stack.services)) {
    expect((await fetch(`${internal_url}/health/ready`)).status, name).toBe(200);
    expect(() => process.kill(pid, 0), name).not.toThrow();
  }
});

test("PostgreSQL asks everybody for a SCRAM secret, and listens on loopback only", async () => {
  const rules = await sql`select distinct auth_method from pg_catalog.pg_hba_file_rules`;
  expect(rules.map((row) => row["auth_method"])).toEqual(["scram-sha-256"]);
  const [row] =
    await sql`select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets`;
  expect(row).toEqual({ addresses: "127.0.0.1", sockets: "" });
});

test("the supervisor holds one direct connection, under its name", async () => {
  const rows =
    await sql`select 1 from pg_catalog.pg_stat_activity where application_name = 'sluice-supervisor'`;
  expect(rows).toHaveLength(1);
});

test("each workload comes in through its alias, as its role, with the role's time-outs", async () => {
  for (const [workload, url] of Object.entries(stack.pgbouncer.urls)) {
    const pooled = postgres(url, { max: 1, prepare: false, fetch_types: false });
    const [row] =
      await pooled`select current_user::text as role, current_setting('statement_timeout') as timeout`;
    expect(row?.["role"]).toBe(`sluice_${workload}`);
    expect(row?.["timeout"]).not.toBe("0");
    await pooled.end();
  }
});

test("the demo answers with real flights", async () => {
  const url = `${stack.services["feature-api"]?.url}/v1/projects/${stack.project}/features/route_delays/JFK/LAX`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${stack.keys.demo}` } });
  expect(await response.json()).toMatchObject({
    entity: { origin: "JFK", destination: "LAX" },
    features: { flights: 4359 },
    status: "PRESENT",
  });
});
