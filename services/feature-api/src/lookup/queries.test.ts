import { SluiceError } from "@sluice/errors";
import postgres from "postgres";
import { Registry } from "prom-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Catalog } from "../catalog.ts";
import { explain, openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import type { Queryable } from "../views/queries.ts";
import { type FeatureView, toView } from "../views/view.ts";
import { lookUpMany } from "./batch-look-up.ts";
import { type EntityAddress, findRows } from "./queries.ts";
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

function addresses(count: number): EntityAddress[] {
  return Array.from({ length: count }, (_, index) => ({
    viewId: String(1 + (index % VIEWS)),
    entityKey: `["e${1 + ((index * 7_919) % ENTITIES)}"]`,
  }));
}

test.each([1, 100, 5_000])(
  "a look-up of %i entities among 120,000 probes the primary key and scans nothing",
  async (count) => {
    const nodes = await explain(scratch, superuser, (db) => findRows(db, "1", addresses(count)));
    const types = nodes.map((node) => node["Node Type"]);
    expect(types).not.toContain("Seq Scan");
    expect(types).not.toContain("Hash Join");
    expect(
      nodes
        .filter((node) => node["Index Name"] === "online_values_pkey")
        .map((node) => node["Node Type"]),
    ).toEqual(["Index Scan"]);
  },
);

test("rows come back at the position of their address, and only where there is one", async () => {
  const wanted = [
    { viewId: "2", entityKey: '["e5"]' },
    { viewId: "2", entityKey: '["nobody"]' },
    { viewId: "1", entityKey: '["e40000"]' },
  ];
  const rows = await findRows(scratch.db, "1", wanted);
  const found = rows.map(({ position, feature_values }) => [position, feature_values["a"]]);
  expect(found.toSorted()).toEqual([
    [0, 5],
    [2, 40_000],
  ]);
  expect(await findRows(scratch.db, "2", wanted)).toEqual([]);
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
  const statements: { operation: string; rows: number }[] = [];
  const db: Queryable = {
    run: async (operation, query, options) => {
      const rows = await scratch.db.run(operation, query, options);
      statements.push({ operation, rows: rows.length });
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
  expect(statements).toEqual([{ operation: "features.find_rows", rows: 6 }]);
  const { results } = JSON.parse(json) as { results: { values: unknown[] }[] };
  expect(results.slice(1).map(({ values }) => values)).toEqual(views.map(() => [1, 2, 1, 1]));
});
