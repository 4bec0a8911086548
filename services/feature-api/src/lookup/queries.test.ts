import { SluiceError } from "@sluice/errors";
import { explain, openScratchDatabase, type PlanNode, type ScratchDatabase } from "@sluice/testing";
import postgres from "postgres";
import { Registry } from "prom-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Catalog } from "../catalog.ts";
import type { Queryable } from "../views/queries.ts";
import { type FeatureView, toView } from "../views/view.ts";
import { lookUpMany } from "./batch-look-up.ts";
import { findRow, findRows, type FoundRows, type ViewEntities } from "./queries.ts";
import { entityReader } from "./read-entities.ts";
import { ServedMetrics } from "./served-metrics.ts";

const ENTITIES = 40_000;
const VIEWS = 3;

let scratch: ScratchDatabase;
let superuser: postgres.Sql;

beforeAll(async () => {
  scratch = await openScratchDatabase("feature");
  superuser = postgres(scratch.superuserUrl, { max: 1 });
  await superuser`
    insert into features.online_values (project_id, view_id, entity_key, feature_values, event_time)
    select 1, view, format('["e%s"]', entity), jsonb_build_object('a', entity), now()
    from generate_series(1, ${ENTITIES}) as entity, generate_series(1, ${VIEWS}) as view`;
  await superuser`vacuum analyze features.online_values`;
}, 60_000);

afterAll(async () => {
  await superuser.end();
  await scratch.stop();
});

/** `count` entities of each view, under one list of keys. */
function entities(count: number): ViewEntities[] {
  const entityKeys = Array.from(
    { length: count },
    (_, index) => `["e${1 + ((index * 7_919) % ENTITIES)}"]`,
  );
  return Array.from({ length: VIEWS }, (_, view) => ({ viewId: String(1 + view), entityKeys }));
}

const BY_KEY = ["Index Scan online_values_pkey"];

/** How a plan reaches tables, and how it joins where not by probing for each row. */
function accesses(nodes: readonly PlanNode[]): string[] {
  return nodes
    .filter((node) => node["Relation Name"] !== undefined || node["Node Type"].endsWith("Join"))
    .map((node) => `${node["Node Type"]} ${node["Index Name"]}`);
}

test.each([1, 100, 5_000])(
  "a look-up of %i entities among 120,000 goes from key to key of the primary key",
  async (count) => {
    const nodes = await explain(scratch, superuser, (db) => findRows(db, "1", entities(count)));
    expect(accesses(nodes)).toEqual(BY_KEY);
  },
);

test("a look-up of one entity is one probe of the primary key", async () => {
  const address = { viewId: "2", entityKey: '["e5"]' };
  expect(accesses(await explain(scratch, superuser, (db) => findRow(db, "1", address)))).toEqual(
    BY_KEY,
  );
  expect((await findRow(scratch.db, "1", address))?.feature_values).toEqual({ a: 5 });
  expect(await findRow(scratch.db, "2", address)).toBeUndefined();
});

/** What stands in each view's rows, by the number in the key. */
function valuesOf(found: readonly FoundRows[], wanted: readonly ViewEntities[]): unknown[][] {
  return wanted.map(({ entityKeys }, view) =>
    entityKeys.map((key) => found[view]?.get(key)?.feature_values["a"]),
  );
}

test("each entity has its own row, and who is nobody has none", async () => {
  const wanted = [
    { viewId: "2", entityKeys: ['["e5"]', '["nobody"]', '["e1"]'] },
    { viewId: "1", entityKeys: ['["e40000"]'] },
    { viewId: "3", entityKeys: ['["nobody"]'] },
  ];
  const found = await findRows(scratch.db, "1", wanted);
  expect(valuesOf(found, wanted)).toEqual([[5, undefined, 1], [40_000], [undefined]]);
  const ofNobody = await findRows(scratch.db, "2", wanted);
  expect(ofNobody.map(({ size }) => size)).toEqual([0, 0, 0]);
});

test("as many entities as a request may name come back, each as its own", async () => {
  const keys = Array.from({ length: 5_000 }, (_, index) => 1 + ((index * 7_919) % ENTITIES));
  const entityKeys = keys.map((key) => `["e${key}"]`);
  const wanted = ["3", "1"].map((viewId) => ({ viewId, entityKeys }));
  const found = await findRows(scratch.db, "1", wanted);
  expect(valuesOf(found, wanted)).toEqual([keys, keys]);
});

test("a key may hold whatever JSON can", async () => {
  const entityKeys = [["a\nb"], ["a", "b"], ['",\u0001\u2028'], [",\\"]].map((key) =>
    JSON.stringify(key),
  );
  await superuser`
    insert into features.online_values (project_id, view_id, entity_key, feature_values, event_time)
    select 3, 1, key, json_build_object('a', n), now()
    from unnest(${entityKeys}::text[]) with ordinality as keys (key, n)`;
  const wanted = [{ viewId: "1", entityKeys }];
  expect(valuesOf(await findRows(scratch.db, "3", wanted), wanted)).toEqual([[1, 2, 3, 4]]);
});

test("a batch over several views is one statement, in which each entity is read once", async () => {
  const views = ["1", "2", "3"].map((view_id) =>
    toView({
      project_id: "1",
      view_id,
      name: `view${view_id}`,
      join_keys: [{ name: "id", type: "string" }],
      features: [{ name: "a", type: "int32" }],
      ttl_seconds: null,
      created_at: "",
      updated_at: "",
    }),
  );
  const statements: { operation: string; read: unknown[] }[] = [];
  const db: Queryable = {
    run: async (operation, query, options) => {
      const rows = await scratch.db.run(operation, query, options);
      const read = rows.map((row) => (row as { entity_keys: string }).entity_keys);
      statements.push({ operation, read });
      return rows;
    },
  };
  const deps = {
    catalog: new Catalog<FeatureView>({
      load: async () => views,
      notFound: (names) => new SluiceError("NOT_FOUND", names.join()),
    }),
    read: entityReader(db, { sent: () => undefined }),
    served: new ServedMetrics(new Registry()),
    now: Date.now,
  };
  const json = await lookUpMany(
    deps,
    { projectId: "1", name: "p" },
    {
      features: views.map(({ name }) => ({ view: name, feature: "a" })),
      entities: { id: ["e1", "e2", "e1", "e1"] },
      fullFeatureNames: true,
      includeStale: false,
    },
  );
  const each = '["e1"]\n["e2"]';
  expect(statements).toEqual([{ operation: "features.find_rows", read: [each, each, each] }]);
  const { results } = JSON.parse(json) as { results: { values: unknown[] }[] };
  expect(results.slice(1).map(({ values }) => values)).toEqual(views.map(() => [1, 2, 1, 1]));
});
