import { randomInt } from "node:crypto";
import { sql } from "kysely";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import { parseInstant } from "@sluice/values";
import { type FeatureView, toView } from "../views/view.ts";
import type { PushRow } from "./frame.ts";
import { upsertRows } from "./queries.ts";

let scratch: ScratchDatabase;
let superuser: postgres.Sql;

beforeAll(async () => {
  scratch = await openScratchDatabase("feature");
  superuser = postgres(scratch.superuserUrl, { max: 1 });
}, 60_000);

afterAll(async () => {
  await superuser.end();
  await scratch.stop();
});

let views = 0;

function newView(): FeatureView {
  return toView({
    project_id: "1",
    view_id: String((views += 1)),
    name: "view",
    join_keys: [{ name: "id", type: "string" }],
    features: [{ name: "a", type: "int32" }],
    ttl_seconds: null,
    created_at: "",
    updated_at: "",
  });
}

function row(key: string, values: Record<string, unknown>, seconds: number | null): PushRow {
  const eventTime = seconds === null ? null : parseInstant(seconds);
  return { entityKey: `["${key}"]`, featureValues: JSON.stringify(values), eventTime };
}

async function stored(view: FeatureView): Promise<Record<string, unknown>> {
  const rows = await scratch.db.run(
    "test.rows",
    sql<{ entity_key: string; feature_values: unknown }>`
      select entity_key, feature_values from features.online_values
      where project_id = 1 and view_id = ${view.viewId}::bigint`,
  );
  return Object.fromEntries(
    rows.map(({ entity_key, feature_values }) => [entity_key, feature_values]),
  );
}

test("an older event time changes nothing, an equal or newer one merges", async () => {
  const view = newView();
  expect(await upsertRows(scratch.db, view, [row("x", { a: 1, b: 1 }, 100)])).toBe(1);
  expect(await upsertRows(scratch.db, view, [row("x", { a: 9 }, 99), row("y", { a: 2 }, 99)])).toBe(
    1,
  );
  expect(await stored(view)).toEqual({ '["x"]': { a: 1, b: 1 }, '["y"]': { a: 2 } });
  expect(await upsertRows(scratch.db, view, [row("x", { a: 3 }, 100)])).toBe(1);
  expect(await upsertRows(scratch.db, view, [row("y", { b: null }, 101)])).toBe(1);
  expect(await stored(view)).toEqual({ '["x"]': { a: 3, b: 1 }, '["y"]': { a: 2, b: null } });
});

test("without event times the later push wins", async () => {
  const view = newView();
  for (const a of [1, 2, 3]) await upsertRows(scratch.db, view, [row("x", { a }, null)]);
  expect(await stored(view)).toEqual({ '["x"]': { a: 3 } });
});

test("concurrent pushes of the same entities never deadlock and leave each with its newest values", async () => {
  const view = newView();
  const keys = Array.from({ length: 300 }, (_, index) => `e${index}`);
  const newest = new Map<string, number>();
  const push = async () => {
    const rows = keys
      .filter(() => randomInt(3) > 0)
      .map((key) => row(key, {}, randomInt(1_000_000)));
    rows.sort(() => randomInt(3) - 1);
    const dated = rows.map((pushed) => ({
      ...pushed,
      featureValues: JSON.stringify({ at: pushed.eventTime }),
    }));
    for (const { entityKey, eventTime } of dated) {
      newest.set(entityKey, Math.max(newest.get(entityKey) ?? 0, Date.parse(eventTime as string)));
    }
    await upsertRows(scratch.db, view, dated);
  };
  // Ten slots, each busy with a push: without an order of locks this deadlocks within a few rounds.
  for (let round = 0; round < 15; round++) await Promise.all(Array.from({ length: 10 }, push));
  const values = Object.entries(await stored(view)) as [string, { at: string }][];
  expect(values.map(([key, { at }]) => [key, Date.parse(at)]).toSorted()).toEqual(
    [...newest].toSorted(),
  );
  const [statistics] =
    await superuser`select deadlocks::int from pg_stat_database where datname = current_database()`;
  expect(statistics?.["deadlocks"]).toBe(0);
});
