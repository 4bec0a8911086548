import type { Lease } from "@sluice/db";
import { expect, test } from "vitest";
import { openGate } from "./open-gate.ts";

/** Runs a statement in two steps; tells how often the first was answered. */
async function ask(lease: Lease, text: string, parameters: unknown[]) {
  let described = 0;
  const onServer = (): void => void (described += 1);
  const limits = { deadline: performance.now() + 10_000, onServer };
  const outcome = await lease.query(text, parameters, limits).then(
    ({ rows, count, command }) => ({ rows, count, command }),
    (error: { code?: string }) => error.code,
  );
  return { described, outcome };
}

test.each<[string, string, unknown[], object]>([
  ["no parameter", "select 1 as one", [], { one: 1 }],
  ["a text", "select $1::text as x", ["it's"], { x: "it's" }],
  ["null", "select $1::text as x", [null], { x: null }],
  ["a large integer", "select $1::bigint as x", [2n ** 63n - 1n], { x: "9223372036854775807" }],
  ["JSON", "select $1::jsonb as x", [{ a: [1, null] }], { x: { a: [1, null] } }],
  ["a JSON text", "select $1::jsonb as x", ['"a"'], { x: "a" }],
  ["a list", "select $1::text[] as x", [["a", null, '"']], { x: ["a", null, '"'] }],
  ["a boolean", "select $1::boolean as x", [true], { x: true }],
  ["a moment", "select $1::timestamptz as x", [new Date(0)], { x: "1970-01-01T00:00:00.000000Z" }],
])("a statement in two steps answers as in one: %s", async (_what, text, parameters, row) => {
  await using observed = openGate({ base: 1 });
  const lease = await observed.gate.acquire({ operation: "test.call" });
  const { rows, count, command } = await lease.query(text, parameters);
  expect(await ask(lease, text, parameters)).toEqual({
    described: 1,
    outcome: { rows, count, command },
  });
  expect(rows).toEqual([row]);
  lease.release();
});

test.each([
  ["in the first", "select nonsense($1)", 0, "42883"],
  ["in the second", "select 1 / $1::int", 1, "22012"],
])("one that fails %s leaves its connection in order", async (_when, text, described, outcome) => {
  await using observed = openGate({ base: 1 });
  const lease = await observed.gate.acquire({ operation: "test.call" });
  expect(await ask(lease, text, [0])).toEqual({ described, outcome });
  expect((await lease.query("select 1 as one", [])).rows).toEqual([{ one: 1 }]);
  lease.release();
  expect(observed.opened()).toBe(1);
});

test("one that is cancelled between the steps ends, too", async () => {
  await using observed = openGate({ base: 1 });
  const lease = await observed.gate.acquire({ operation: "test.call" });
  const caller = new AbortController();
  const limits = {
    deadline: performance.now() + 10_000,
    signal: caller.signal,
    onServer: () => caller.abort(),
  };
  const running = lease.query("select pg_sleep($1)", [60], limits);
  await expect(running).rejects.toMatchObject({ code: "CLIENT_CLOSED_REQUEST" });
  expect((await lease.query("select 1 as one", [])).rows).toEqual([{ one: 1 }]);
  lease.release();
});
