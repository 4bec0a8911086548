import fc from "fast-check";
import { expect, test } from "vitest";
import { proveBudget } from "./budget.ts";
import { planProfile } from "./plan-profile.ts";
import { selectProfile } from "./profile.ts";
import { WORKLOADS, loadWorkloads } from "./workloads.ts";

const source = loadWorkloads();

test("64 cores and 128 GB give the profile of the field report's machine", () => {
  const { profile } = planProfile(source, { cores: 64, memory_gb: 128 });
  expect({ ...profile, name: "reference" }).toEqual(selectProfile(source, "reference"));
});

test("the local stack's aliases and max_connections are those of 2 cores", () => {
  const local = selectProfile(source, "local");
  const { profile } = planProfile(source, { cores: 2, memory_gb: 4 });
  for (const name of WORKLOADS) {
    const { pool_size, reserve_pool_size } = local.workloads[name];
    expect(profile.workloads[name], name).toMatchObject({ pool_size, reserve_pool_size });
  }
  expect(profile.postgres.max_connections).toBe(local.postgres.max_connections);
  expect(profile.pgbouncer).toEqual(local.pgbouncer);
});

test("every machine from 1 to 256 cores and 1 to 1024 GB has a plan whose budget and memory hold", () => {
  const machines = fc.record({
    cores: fc.integer({ min: 1, max: 256 }),
    memory_gb: fc.integer({ min: 1, max: 1024 }),
  });
  fc.assert(
    fc.property(machines, (machine) => {
      const { profile, memory } = planProfile(source, machine);
      expect(proveBudget(profile)).toMatchObject({ ok: true });
      expect(memory.worst_case_mb).toBeLessThanOrEqual(memory.total_mb * 0.9);
      for (const name of WORKLOADS) {
        const { base, overflow, pool_size, reserve_pool_size, scaling } = profile.workloads[name];
        expect(scaling?.min ?? 1).toBeLessThanOrEqual(pool_size);
        expect(scaling?.max ?? pool_size).toBeGreaterThanOrEqual(pool_size);
        expect(base).toBeGreaterThan(0);
        expect(overflow).toBeGreaterThanOrEqual(0);
        const alias = profile.pgbouncer.processes * (pool_size + reserve_pool_size);
        expect(base + overflow).toBeLessThanOrEqual(name === "admin" ? alias * 2 : alias);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("more instances get more client connections, until PgBouncer has no more", () => {
  const machine = { cores: 8, memory_gb: 32 };
  const clients = (instances: number) =>
    proveBudget(planProfile(source, { ...machine, instances }).profile).client;
  expect(clients(100)).toMatchObject({ ok: true });
  expect(clients(100).limit).toBeGreaterThan(clients(1).limit);
  expect(clients(10_000)).toMatchObject({ ok: false });
});

test("memory bounds the pools of a machine with many cores and little of it", () => {
  const poor = planProfile(source, { cores: 256, memory_gb: 4 });
  expect(poor.boundBy).toBe("memory");
  const rich = planProfile(source, { cores: 256, memory_gb: 512 });
  expect(rich.boundBy).toBe("cores");
  expect(poor.profile.postgres.max_connections).toBeLessThan(
    rich.profile.postgres.max_connections / 4,
  );
});

test.each([
  { cores: 0, memory_gb: 1 },
  { cores: 1, memory_gb: 0.5 },
  { cores: 1, memory_gb: 1, instances: 0 },
])("%j is no machine", (machine) => {
  expect(() => planProfile(source, machine)).toThrow(RangeError);
});
