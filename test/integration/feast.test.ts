import { beforeAll, describe, expect, test } from "vitest";
import { type FeatureProject, featureProject } from "./feature-project.ts";

let project: FeatureProject;

const EPOCH = "1970-01-01T00:00:00Z";
const AT = "2026-01-02T03:04:05.000000Z";

beforeAll(async () => {
  project = await featureProject();
  await project.makeView(
    "drivers",
    { driver_id: "int64" },
    { rate: "float64", trips: "int64", seen: "timestamp", tags: "string[]" },
  );
  await project.makeView(
    "routes",
    { origin: "string", destination: "string" },
    { rate: "float64" },
  );
  await project.makeView("old", { driver_id: "int64" }, { score: "float32" }, 60);
  const at = `"event_timestamp":["2026-01-02T03:04:05","2026-01-02T03:04:05"]`;
  const push = (view: string, df: string) =>
    project.send(
      "POST",
      "/push",
      `{"push_source_name":"${view}","df":{${df},${at}},"to":"online","allow_registry_cache":true}`,
    );
  await push(
    "drivers",
    `"driver_id":[9223372036854775807,2],"rate":[1.0,NaN],"trips":[9223372036854775807,7],"seen":[1767323045,null],"tags":[["a"],[]]`,
  );
  await push(
    "routes",
    `"origin":["JFK","JFK"],"destination":["LAX","SFO"],"rate":[0.5,2.0],"created":[null,null]`,
  );
  await push("old", `"driver_id":[2,3],"score":[0.1,0.2]`);
});

const lookUp = (body: unknown, query = "") =>
  project.send("POST", `/get-online-features${query}`, body);

describe("get-online-features", () => {
  test("the answer is Feast's, byte for byte", async () => {
    const { status, text } = await lookUp(
      '{"features":["drivers:trips","drivers:rate","drivers:seen","drivers:tags"],"entities":{"driver_id":[9223372036854775807,2,404]},"full_feature_names":false,"include_feature_view_version_metadata":false}',
    );
    expect(status).toBe(200);
    const times = `["${AT}","${AT}","${EPOCH}"]`;
    expect(text).toBe(
      '{"metadata":{"feature_names":["driver_id","trips","rate","seen","tags"]},"results":[' +
        `{"values":[9223372036854775807,2,404],"statuses":["PRESENT","PRESENT","PRESENT"],"event_timestamps":["${EPOCH}","${EPOCH}","${EPOCH}"]},` +
        `{"values":[9223372036854775807,7,null],"statuses":["PRESENT","PRESENT","NOT_FOUND"],"event_timestamps":${times}},` +
        `{"values":[1.0,null,null],"statuses":["PRESENT","NULL_VALUE","NOT_FOUND"],"event_timestamps":${times}},` +
        `{"values":[1767323045,null,null],"statuses":["PRESENT","NULL_VALUE","NOT_FOUND"],"event_timestamps":${times}},` +
        `{"values":[["a"],null,null],"statuses":["PRESENT","NULL_VALUE","NOT_FOUND"],"event_timestamps":${times}}]}`,
    );
  });

  test("several views, composite keys, repeated and ignored columns", async () => {
    const { json } = await lookUp({
      features: ["routes:rate", "drivers:rate"],
      full_feature_names: true,
      entities: {
        unused: [1, 2, 3],
        destination: ["SFO", "SFO", "?"],
        driver_id: [2, 2, 404],
        origin: ["JFK", "JFK", "JFK"],
      },
    });
    const { metadata, results } = json();
    expect(metadata.feature_names).toEqual([
      "destination",
      "driver_id",
      "origin",
      "routes__rate",
      "drivers__rate",
    ]);
    expect(results[3]).toEqual({
      values: [2, 2, null],
      statuses: ["PRESENT", "PRESENT", "NOT_FOUND"],
      event_timestamps: [AT, AT, EPOCH],
    });
    expect(results[4]?.statuses).toEqual(["NULL_VALUE", "NULL_VALUE", "NOT_FOUND"]);
  });

  test("stale values are null with OUTSIDE_MAX_AGE unless asked for", async () => {
    const body = { features: ["old:score"], entities: { driver_id: [2, 404] } };
    expect((await lookUp(body)).json().results[1]).toMatchObject({
      values: [null, null],
      statuses: ["OUTSIDE_MAX_AGE", "NOT_FOUND"],
    });
    expect((await lookUp(body, "?include_stale=true")).json().results[1]).toMatchObject({
      values: [0.1, null],
    });
  });

  test("a feature service stands for its features, in its order", async () => {
    const features = ["drivers:trips", "old:score", "drivers:rate"];
    expect((await project.send("PUT", "/feature-services/model", { features })).status).toBe(201);
    const { json } = await lookUp({
      feature_service: "model",
      features: [],
      entities: { driver_id: [2] },
    });
    expect(json().metadata.feature_names).toEqual(["driver_id", "trips", "score", "rate"]);
    const missing = await lookUp({ feature_service: "nobody", entities: { driver_id: [2] } });
    expect(missing.json()).toMatchObject({ status: 404, class: "FeatureServiceNotFoundException" });
    const unknown = await project.send("PUT", "/feature-services/model", {
      features: ["drivers:nothing"],
    });
    expect(unknown.json()).toMatchObject({ status: 422, code: "UNKNOWN_FEATURE" });
  });

  test("5,000 rows are answered, one more is not", async () => {
    const entities = (rows: number) => ({
      driver_id: Array.from({ length: rows }, (_, index) => index),
    });
    const { status, json } = await lookUp({
      features: ["drivers:trips"],
      entities: entities(5_000),
    });
    expect(status).toBe(200);
    expect(json().results[1]?.values[2]).toBe(7);
    expect(
      (await lookUp({ features: ["drivers:trips"], entities: entities(5_001) })).json(),
    ).toMatchObject({
      status: 422,
      code: "TOO_MANY_ROWS",
      limit: 5_000,
    });
    expect(
      (await lookUp({ features: ["drivers:trips"], entities: { driver_id: [] } })).json().results,
    ).toHaveLength(2);
  });

  test.each<[string, unknown, number, string, string?]>([
    [
      "ragged columns",
      { features: ["routes:rate"], entities: { origin: ["a"], destination: ["b", "c"] } },
      422,
      "VALIDATION_FAILED",
      "entities.destination",
    ],
    [
      "a missing join key",
      { features: ["routes:rate"], entities: { origin: ["a"] } },
      422,
      "VALIDATION_FAILED",
      "entities.destination",
    ],
    [
      "a null key",
      { features: ["drivers:rate"], entities: { driver_id: [1, null] } },
      422,
      "VALIDATION_FAILED",
      "entities.driver_id[1]",
    ],
    [
      "a key of another type",
      { features: ["drivers:rate"], entities: { driver_id: ["x"] } },
      422,
      "VALIDATION_FAILED",
      "entities.driver_id[0]",
    ],
    [
      "half a surrogate pair",
      { features: ["routes:rate"], entities: { origin: ["\ud800"], destination: ["x"] } },
      422,
      "VALIDATION_FAILED",
      "entities.origin[0]",
    ],
    [
      "an unknown feature",
      { features: ["drivers:zz"], entities: { driver_id: [1] } },
      422,
      "UNKNOWN_FEATURE",
    ],
    [
      "a view that cannot be",
      { features: ["a\u0000b:rate"], entities: { driver_id: [1] } },
      404,
      "FEATURE_VIEW_NOT_FOUND",
    ],
    [
      "an unknown view",
      { features: ["zz:rate"], entities: { driver_id: [1] } },
      404,
      "FEATURE_VIEW_NOT_FOUND",
    ],
    [
      "no view",
      { features: ["rate"], entities: { driver_id: [1] } },
      422,
      "VALIDATION_FAILED",
      "features[0]",
    ],
    [
      "no feature",
      { features: [], entities: { driver_id: [1] } },
      422,
      "VALIDATION_FAILED",
      "features",
    ],
    [
      "a collision",
      {
        features: ["drivers:rate", "routes:rate"],
        entities: { driver_id: [1], origin: ["a"], destination: ["b"] },
      },
      422,
      "VALIDATION_FAILED",
      "features[1]",
    ],
    [
      "a feature twice",
      { features: ["drivers:rate", "drivers:rate"], entities: { driver_id: [1] } },
      422,
      "VALIDATION_FAILED",
      "features[1]",
    ],
    ["no entities", { features: ["drivers:rate"] }, 422, "VALIDATION_FAILED"],
    [
      "a row of scalars",
      { features: ["drivers:rate"], entities: { driver_id: 1 } },
      422,
      "VALIDATION_FAILED",
    ],
    [
      "no array under a name with a line break",
      { features: ["drivers:rate"], entities: { driver_id: [1], "a\nb": null } },
      422,
      "VALIDATION_FAILED",
      "body/entities/a\nb",
    ],
    [
      "more features than anybody has",
      { features: Array(10_001).fill("drivers:rate"), entities: { driver_id: [1] } },
      422,
      "VALIDATION_FAILED",
      "body/features",
    ],
    ["broken JSON", '{"features":', 400, "INVALID_JSON"],
  ])("%s is an error that Feast's client can rebuild", async (_what, body, status, code, path) => {
    const answer = await lookUp(body);
    expect(typeof JSON.parse(answer.text)).toBe("string");
    const error = answer.json();
    expect({ status: answer.status, code: error.code }).toEqual({ status, code });
    expect(error).toMatchObject({
      module: "feast.errors",
      class: expect.any(String),
      message: expect.any(String),
    });
    if (path !== undefined) expect(error.errors[0]?.path).toBe(path);
  });
});

test("an answer has a limit, also when its rows repeat one long value", async () => {
  await project.makeView("long", { id: "int64" }, { text: "string" });
  const df = { id: [1], text: ["x".repeat(1_000_000)] };
  await project.send("POST", "/push", { push_source_name: "long", df });
  const entities = (rows: number) => ({ id: Array(rows).fill(1) });
  expect((await lookUp({ features: ["long:text"], entities: entities(60) })).status).toBe(200);
  const { status, json } = await lookUp({ features: ["long:text"], entities: entities(5_000) });
  expect({ status, code: json().code }).toEqual({ status: 422, code: "TOO_MANY_ROWS" });
});

test("an empty list of type json is null as well", async () => {
  await project.makeView("documents", { id: "int64" }, { document: "json" });
  const df = { id: [1, 2], document: [[], [1]] };
  await project.send("POST", "/push", { push_source_name: "documents", df });
  const { json } = await lookUp({ features: ["documents:document"], entities: { id: [1, 2] } });
  expect(json().results[1]).toMatchObject({
    values: [null, [1]],
    statuses: ["NULL_VALUE", "PRESENT"],
  });
});

describe("push", () => {
  test("older event times never win, in one batch or over several", async () => {
    await project.makeView("timed", { id: "int64" }, { a: "int64", b: "int64" });
    const push = (df: unknown) => project.send("POST", "/push", { push_source_name: "timed", df });
    const batch = await push({ id: [1, 1, 1], a: [3, 1, 2], event_timestamp: [30, 10, 20] });
    expect(batch.json()).toEqual({ rows: 3, written: 1, outdated: 0 });
    expect((await push({ id: [1, 2], a: [9, 9], event_timestamp: [29, 29] })).json()).toEqual({
      rows: 2,
      written: 1,
      outdated: 1,
    });
    await push({ id: [1], b: [4], event_timestamp: [30] });
    expect((await project.send("GET", "/features/timed/1")).json()).toMatchObject({
      features: { a: 3, b: 4 },
      event_timestamp: "1970-01-01T00:00:30.000000Z",
    });
  });

  test("what Feast's remote client writes is accepted", async () => {
    await project.makeView("written", { id: "int64" }, { a: "float64" });
    const df = {
      id: [1],
      a: [1],
      event_timestamp: ["2026-01-02T03:04:05.123456"],
      created: [null],
    };
    const { status } = await project.send("POST", "/write-to-online-store", {
      feature_view_name: "written",
      df,
      allow_registry_cache: false,
      transform_on_write: true,
    });
    expect(status).toBe(200);
    expect((await project.send("GET", "/features/written/1")).text).toContain(
      '"a":1.0},"event_timestamp":"2026-01-02T03:04:05.123456Z"',
    );
  });

  test.each<[string, unknown, string, string?]>([
    ["an unknown column", { id: [1, 77], a: [1, 1], zz: [1, 1] }, "UNKNOWN_FEATURE"],
    ["a ragged column", { id: [1, 77], a: [1] }, "VALIDATION_FAILED", "df.a"],
    ["a value of another type", { id: [77, 77], a: [1, "x"] }, "VALIDATION_FAILED", "df.a[1]"],
    [
      "a value out of range",
      `{"id":[77],"a":[9223372036854775808]}`,
      "VALIDATION_FAILED",
      "df.a[0]",
    ],
    [
      "an element of another type",
      { id: [77], list: [[1, 2, 1.5]] },
      "VALIDATION_FAILED",
      "df.list[0][2]",
    ],
    [
      "a character PostgreSQL cannot hold",
      { id: [77], s: ["a\u0000b"] },
      "VALIDATION_FAILED",
      "df.s[0]",
    ],
    ["half a surrogate pair", { id: [77], s: ["\udfff"] }, "VALIDATION_FAILED", "df.s[0]"],
    ["bad base64", { id: [77], raw: ["?"] }, "VALIDATION_FAILED", "df.raw[0]"],
    [
      "a time that is none",
      { id: [77], a: [1], event_timestamp: ["never"] },
      "VALIDATION_FAILED",
      "df.event_timestamp[0]",
    ],
    [
      "milliseconds for seconds",
      { id: [77], a: [1], event_timestamp: [1767323045000] },
      "VALIDATION_FAILED",
      "df.event_timestamp[0]",
    ],
    ["no join key", { a: [1] }, "VALIDATION_FAILED", "df.id"],
    ["too many rows", { id: Array(10_001).fill(77), a: Array(10_001).fill(1) }, "TOO_MANY_ROWS"],
  ])("%s is refused, and nothing of the batch written", async (_what, df, code, path) => {
    const view = `v${Math.random().toString(36).slice(2)}`;
    await project.makeView(
      view,
      { id: "int64" },
      { a: "int64", list: "int32[]", s: "string", raw: "bytes" },
    );
    const frame = typeof df === "string" ? df : JSON.stringify(df);
    const answer = await project.send(
      "POST",
      "/push",
      `{"push_source_name":"${view}","df":${frame}}`,
    );
    expect({ status: answer.status, code: answer.json().code }).toEqual({ status: 422, code });
    if (path !== undefined) expect(answer.json().errors[0]?.path).toBe(path);
    expect((await project.send("GET", `/features/${view}/77`)).json().code).toBe(
      "ENTITY_NOT_FOUND",
    );
  });

  test("an offline store is not pretended", async () => {
    const body = { push_source_name: "drivers", df: { driver_id: [1], trips: [1] }, to: "offline" };
    expect((await project.send("POST", "/push", body)).json()).toMatchObject({
      status: 422,
      code: "VALIDATION_FAILED",
    });
  });

  test("health is 200 with an empty body", async () => {
    expect(await project.send("GET", "/health")).toMatchObject({ status: 200, text: "" });
  });
});
