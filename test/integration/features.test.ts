import { uniqueProject } from "@sluice/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { type FeatureProject, featureProject } from "./feature-project.ts";

let project: FeatureProject;

beforeAll(async () => {
  project = await featureProject();
});

const definition = (
  features: Record<string, string>,
  joinKeys: Record<string, string> = { id: "int64" },
  ttl: number | null = null,
) => ({
  join_keys: Object.entries(joinKeys).map(([name, type]) => ({ name, type })),
  features: Object.entries(features).map(([name, type]) => ({ name, type })),
  ttl_seconds: ttl,
});

describe("feature views", () => {
  test("a view is made once, grows, and keeps what a later definition leaves out", async () => {
    const made = await project.send(
      "PUT",
      "/feature-views/grows",
      definition({ a: "int64" }, { id: "string" }, 60),
    );
    expect(made.status).toBe(201);
    expect(made.json()).toMatchObject({ name: "grows", ttl_seconds: 60, kept_features: [] });
    const grown = await project.send(
      "PUT",
      "/feature-views/grows",
      definition({ b: "json" }, { id: "string" }, 0),
    );
    expect(grown.status).toBe(200);
    const features = [
      { name: "a", type: "int64" },
      { name: "b", type: "json" },
    ];
    expect(grown.json()).toMatchObject({ features, ttl_seconds: null, kept_features: ["a"] });
    const read = await project.send("GET", "/feature-views/grows");
    expect(read.json()).toMatchObject({ features, join_keys: [{ name: "id", type: "string" }] });
  });

  test("types and join keys never change", async () => {
    await project.makeView("fixed", { id: "int64" }, { a: "int64" });
    const retyped = await project.send(
      "PUT",
      "/feature-views/fixed",
      definition({ b: "bool", a: "float64" }),
    );
    expect(retyped.status).toBe(409);
    expect(retyped.json()).toMatchObject({ code: "FEATURE_TYPE_CHANGED", features: ["a"] });
    expect(retyped.json().detail).toContain("a from int64 to float64");
    const rekeyed = await project.send(
      "PUT",
      "/feature-views/fixed",
      definition({ a: "int64" }, { id: "string" }),
    );
    expect(rekeyed.json()).toMatchObject({ status: 409, code: "FEATURE_TYPE_CHANGED" });
    expect((await project.send("GET", "/feature-views/fixed")).json().features).toEqual([
      { name: "a", type: "int64" },
    ]);
  });

  test("concurrent definitions lose nobody's features", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
    const answers = await Promise.all(
      names.map((name) =>
        project.send(
          "PUT",
          "/feature-views/raced",
          definition({ shared: "int32", [name]: "int32" }),
        ),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(19).fill(200), 201]);
    const { features } = (await project.send("GET", "/feature-views/raced")).json();
    expect(features.map(({ name }) => name).toSorted()).toEqual([...names, "shared"].toSorted());
  });

  test.each([
    ["an unknown type", definition({ a: "decimal" }), "VALIDATION_FAILED"],
    [
      "a join key type that cannot name an entity",
      definition({ a: "int32" }, { id: "float64" }),
      "VALIDATION_FAILED",
    ],
    ["a name twice", definition({ id: "int32" }), "VALIDATION_FAILED"],
    ["a reserved name", definition({ event_timestamp: "timestamp" }), "VALIDATION_FAILED"],
    ["no features", definition({}), "VALIDATION_FAILED"],
    ["a misspelt field", { ...definition({ a: "int32" }), ttl: 5 }, "UNKNOWN_FIELD"],
    [
      "too many features",
      definition(Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`f${i}`, "int32"]))),
      "VALIDATION_FAILED",
    ],
  ])("%s is refused", async (_what, body, code) => {
    const { status, json } = await project.send("PUT", "/feature-views/refused", body);
    expect({ status, code: json().code }).toEqual({ status: 422, code });
    expect((await project.send("GET", "/feature-views/refused")).status).toBe(404);
  });

  test("a list has pages in order of name", async () => {
    const own = await featureProject();
    for (const name of ["c", "a", "b"]) await own.makeView(name, { id: "int32" }, { x: "bool" });
    const first = (await own.send("GET", "/feature-views?limit=2")).json();
    expect(first.items.map(({ name }) => name)).toEqual(["a", "b"]);
    const second = (
      await own.send("GET", `/feature-views?limit=2&cursor=${first.next_cursor}`)
    ).json();
    expect(second.items.map(({ name }) => name)).toEqual(["c"]);
    expect(second.next_cursor).toBeNull();
    expect((await own.send("GET", "/feature-views?cursor=x")).status).toBe(422);
  });
});

describe("single look-up", () => {
  test("values come back byte for byte, of every type", async () => {
    await project.makeView(
      "exact",
      { id: "int64" },
      {
        i32: "int32",
        i64: "int64",
        f32: "float32",
        f64: "float64",
        s: "string",
        b: "bool",
        raw: "bytes",
        at: "timestamp",
        doc: "json",
        list: "int64[]",
        vector: "float32[]",
        none: "string",
      },
    );
    const values = `"i32":[-2147483648],"i64":[9223372036854775807],"f32":[0.1],"f64":[1.0],"s":["é\\u2028\\"x"],"b":[false],
      "raw":["AAEC/w=="],"at":["2026-01-02T03:04:05.000001Z"],"doc":[{"z":1,"a":[9007199254740993,null]}],
      "list":[[-9223372036854775808,0]],"vector":[[0.1,2]],"none":[null]`;
    const body = `{"push_source_name":"exact","df":{"id":[9223372036854775807],${values},"event_timestamp":["2026-01-02 03:04:05.5"]}}`;
    expect((await project.send("POST", "/push", body)).json()).toEqual({
      rows: 1,
      written: 1,
      outdated: 0,
    });
    const { text, headers } = await project.send("GET", "/features/exact/9223372036854775807");
    expect(text).toBe(
      '{"entity":{"id":9223372036854775807},"features":{"i32":-2147483648,"i64":9223372036854775807,"f32":0.1,"f64":1.0,' +
        '"s":"é\u2028\\"x","b":false,"raw":"AAEC/w==","at":"2026-01-02T03:04:05.000001Z","doc":{"z":1,"a":[9007199254740993,null]},' +
        '"list":[-9223372036854775808,0],"vector":[0.1,2.0],"none":null},"event_timestamp":"2026-01-02T03:04:05.500000Z","status":"PRESENT"}',
    );
    expect(headers.get("content-type")).toMatch(/^application\/json/);
  });

  test("composite keys follow the view's order, and a key may hold a slash", async () => {
    await project.makeView("routes", { origin: "string", number: "int32" }, { delay: "float64" });
    const df = { number: [7, 7], origin: ["J/FK %é", ""], delay: [1.5, 2] };
    await project.send("POST", "/push", { push_source_name: "routes", df });
    const found = await project.send("GET", `/features/routes/${encodeURIComponent("J/FK %é")}/7`);
    expect(found.json()).toMatchObject({
      entity: { origin: "J/FK %é", number: 7 },
      features: { delay: 1.5 },
    });
    expect((await project.send("GET", "/features/routes//7")).json().features).toEqual({
      delay: 2,
    });
    for (const path of ["J", "J/7/8", "J/x", `${"x".repeat(2_100)}/7`, "J/2147483648"]) {
      const { status, json } = await project.send("GET", `/features/routes/${path}`);
      expect([path.slice(0, 9), status, json().code]).toEqual([
        path.slice(0, 9),
        422,
        "VALIDATION_FAILED",
      ]);
    }
  });

  test("what is missing is told apart: view, feature, entity, value", async () => {
    await project.makeView("sparse", { id: "int64" }, { a: "int64", constructor: "int64" });
    await project.send("POST", "/push", { push_source_name: "sparse", df: { id: [1], a: [5] } });
    expect((await project.send("GET", "/features/nowhere/1")).json().code).toBe(
      "FEATURE_VIEW_NOT_FOUND",
    );
    expect((await project.send("GET", "/features/sparse/2")).json().code).toBe("ENTITY_NOT_FOUND");
    const unknown = await project.send("GET", "/features/sparse/1?features=a,zz");
    expect(unknown.json()).toMatchObject({
      status: 422,
      code: "UNKNOWN_FEATURE",
      features: ["sparse:zz"],
    });
    expect((await project.send("GET", "/features/sparse/1?features=constructor,a")).text).toContain(
      '{"constructor":null,"a":5}',
    );
  });

  test("values that outlived the TTL are null unless asked for", async () => {
    await project.makeView("perishable", { id: "int64" }, { a: "int64" }, 60);
    const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
    await project.send("POST", "/push", {
      push_source_name: "perishable",
      df: { id: [1], a: [5], event_timestamp: [hourAgo] },
    });
    const stale = (await project.send("GET", "/features/perishable/1")).json();
    expect(stale).toMatchObject({ features: { a: null }, status: "OUTSIDE_MAX_AGE" });
    const shown = (await project.send("GET", "/features/perishable/1?include_stale=true")).json();
    expect(shown).toMatchObject({
      features: { a: 5 },
      status: "OUTSIDE_MAX_AGE",
      event_timestamp: stale.event_timestamp,
    });
  });

  test("a deleted entity is gone, and deleting it again is no error", async () => {
    await project.makeView("leaving", { id: "string" }, { a: "int64" });
    await project.send("POST", "/push", {
      push_source_name: "leaving",
      df: { id: ["x/y", "z"], a: [1, 2] },
    });
    for (let call = 0; call < 2; call++)
      expect((await project.send("DELETE", "/features/leaving/x%2Fy")).status).toBe(204);
    expect((await project.send("GET", "/features/leaving/x%2Fy")).status).toBe(404);
    expect((await project.send("GET", "/features/leaving/z")).status).toBe(200);
  });
});

describe("access", () => {
  test("a foreign project is like one that does not exist, on every route", async () => {
    const other = await featureProject();
    await other.makeView("view", { id: "int64" }, { a: "int64" });
    const routes: [string, string, unknown?][] = [
      ["GET", "/feature-views"],
      ["PUT", "/feature-views/view", definition({ a: "int64" })],
      ["GET", "/features/view/1"],
      ["DELETE", "/features/view/1"],
      ["POST", "/push", { push_source_name: "view", df: { id: [1], a: [1] } }],
      ["POST", "/get-online-features", { features: ["view:a"], entities: { id: [1] } }],
      ["GET", "/health"],
    ];
    for (const [method, path, body] of routes) {
      const { status, json } = await other.send(method, path, body, { key: project.key });
      expect([path, status, json().code]).toEqual([path, 404, "PROJECT_NOT_FOUND"]);
    }
    expect((await other.send("GET", "/features/view/1")).json().code).toBe("ENTITY_NOT_FOUND");
  });

  test("without a key, with a wrong one, or without the scope nothing is done", async () => {
    const body = { push_source_name: "sparse", df: { id: [9], a: [1] } };
    expect(
      (await project.send("POST", "/push", body, { key: "sluice_nobody_x" })).json(),
    ).toMatchObject({
      status: 401,
      code: "UNAUTHENTICATED",
      module: "feast.errors",
    });
    const reader = await uniqueProject(["features:read"]);
    expect((await project.send("POST", "/push", body, { key: reader.key })).json()).toMatchObject({
      status: 403,
      code: "FORBIDDEN",
      class: "FeastPermissionError",
    });
    expect((await project.send("GET", "/features/sparse/9")).status).toBe(404);
  });
});
