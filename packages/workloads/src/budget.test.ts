import { expect, test } from "vitest";
import { assertBudget, proveBudget } from "./budget.ts";
import { selectProfile } from "./profile.ts";
import { loadWorkloads } from "./workloads.ts";

const source = loadWorkloads();

test.each(Object.keys(source.profiles))("the budget of profile %s holds", (name) => {
  const budget = proveBudget(selectProfile(source, name));
  expect(budget.client.used).toBeLessThanOrEqual(budget.client.limit);
  expect(budget.server.used).toBeLessThanOrEqual(budget.server.limit);
  expect(budget.ok).toBe(true);
});

test("the local aliases together stay within 24 server connections", () => {
  const local = selectProfile(source, "local");
  const aliases = Object.values(local.workloads);
  expect(
    aliases.reduce((sum, alias) => sum + alias.pool_size + alias.reserve_pool_size, 0),
  ).toBeLessThanOrEqual(24);
});

test("one more connection than the server has is refused, with the excess", () => {
  const local = selectProfile(source, "local");
  const { used } = proveBudget(local).server;
  const broken = {
    ...local,
    postgres: {
      ...local.postgres,
      max_connections: used + local.postgres.superuser_reserved_connections - 1,
    },
  };
  expect(() => assertBudget(broken)).toThrow(
    /server side of profile "local" asks for \d+ connections, 1 more/,
  );
});

test("instances beyond the client side are refused, surge included", () => {
  const local = selectProfile(source, "local");
  const broken = {
    ...local,
    services: { "feature-api": { instances: 60, gates: ["feature" as const] } },
  };
  const { client } = proveBudget(broken);
  expect(client.terms[0]).toMatchObject({ connections: 75 * 6 });
  expect(client.ok).toBe(false);
  expect(() => assertBudget(broken)).toThrow(/client side/);
});

test("every PgBouncer process brings its own server connections", () => {
  const reference = selectProfile(source, "reference");
  const doubled = { ...reference, pgbouncer: { ...reference.pgbouncer, processes: 4 } };
  expect(proveBudget(doubled).server.ok).toBe(false);
});
