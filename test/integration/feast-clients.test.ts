// Golden exchanges with Feast's remote online store, written from what its clients send and read: those of 0.64 and
// later send one request for everything, those before one for each view, with the first join key alone.
import { beforeAll, describe, expect, test } from "vitest";
import { type FeatureProject, featureProject } from "./feature-project.ts";

let project: FeatureProject;

const EPOCH = "1970-01-01T00:00:00Z";
const AT = "2026-01-02T03:04:05.000000Z";

/** `datetime.fromisoformat` reads it, in every Python once the Z is replaced by an offset, as Feast does. */
const ISO_FORMAT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/;

const lookUp = (body: string) => project.send("POST", "/get-online-features", body);
const write = (view: string, df: string) =>
  project.send(
    "POST",
    "/write-to-online-store",
    `{"feature_view_name":"${view}","df":{${df}},"allow_registry_cache":false}`,
  );

beforeAll(async () => {
  project = await featureProject();
  await project.makeView("hourly", { driver_id: "int64" }, { rate: "float64", trips: "int64" });
  await project.makeView(
    "routes",
    { origin: "string", destination: "string" },
    { rate: "float64", seats: "int64[]" },
  );
  const times = `"event_timestamp":["2026-01-02T03:04:05","2026-01-02T03:04:05"],"created":[null,"2026-01-02T03:04:06"]`;
  await write(
    "hourly",
    `"driver_id":[1001,9223372036854775807],"rate":[1.0,NaN],"trips":[-9223372036854775808,9223372036854775807],${times}`,
  );
  await write(
    "routes",
    `"origin":["JFK","JFK"],"destination":["LAX","SFO"],"rate":[2.0,0.5],"seats":[[],[1,9223372036854775807]],${times}`,
  );
});

describe("a client of 0.64 or later", () => {
  test("asks once for all views, and gets rows repeated as they were asked for", async () => {
    const { status, text } = await lookUp(
      '{"entities":{"driver_id":[1001,9223372036854775807,1001,7],"origin":["JFK","JFK","JFK","?"],"destination":["LAX","SFO","LAX","?"]},"full_feature_names":true,"include_feature_view_version_metadata":false,"features":["hourly:rate","hourly:trips","routes:rate","routes:seats"]}',
    );
    expect(status).toBe(200);
    const present = '"statuses":["PRESENT","PRESENT","PRESENT","PRESENT"]';
    const epochs = `"event_timestamps":["${EPOCH}","${EPOCH}","${EPOCH}","${EPOCH}"]`;
    const times = `"event_timestamps":["${AT}","${AT}","${AT}","${EPOCH}"]`;
    expect(text).toBe(
      '{"metadata":{"feature_names":["driver_id","origin","destination","hourly__rate","hourly__trips","routes__rate","routes__seats"]},"results":[' +
        `{"values":[1001,9223372036854775807,1001,7],${present},${epochs}},` +
        `{"values":["JFK","JFK","JFK","?"],${present},${epochs}},` +
        `{"values":["LAX","SFO","LAX","?"],${present},${epochs}},` +
        `{"values":[1.0,null,1.0,null],"statuses":["PRESENT","NULL_VALUE","PRESENT","NOT_FOUND"],${times}},` +
        `{"values":[-9223372036854775808,9223372036854775807,-9223372036854775808,null],"statuses":["PRESENT","PRESENT","PRESENT","NOT_FOUND"],${times}},` +
        `{"values":[2.0,0.5,2.0,null],"statuses":["PRESENT","PRESENT","PRESENT","NOT_FOUND"],${times}},` +
        `{"values":[null,[1,9223372036854775807],null,null],"statuses":["NULL_VALUE","PRESENT","NULL_VALUE","NOT_FOUND"],${times}}]}`,
    );
  });

  test("asks for a feature service instead of features", async () => {
    await project.send("PUT", "/feature-services/model", {
      features: ["hourly:trips", "hourly:rate"],
    });
    const { status, text } = await lookUp(
      '{"entities":{"driver_id":[1001]},"full_feature_names":false,"include_feature_view_version_metadata":false,"feature_service":"model"}',
    );
    expect(status).toBe(200);
    expect(text).toBe(
      '{"metadata":{"feature_names":["driver_id","trips","rate"]},"results":[' +
        `{"values":[1001],"statuses":["PRESENT"],"event_timestamps":["${EPOCH}"]},` +
        `{"values":[-9223372036854775808],"statuses":["PRESENT"],"event_timestamps":["${AT}"]},` +
        `{"values":[1.0],"statuses":["PRESENT"],"event_timestamps":["${AT}"]}]}`,
    );
  });

  test("writes again what it may have written already, and nothing changes", async () => {
    await project.makeView("written", { id: "int64" }, { a: "float64" });
    const df = `"id":[1],"a":[1.0],"event_timestamp":["2026-01-02T03:04:05.123456"],"created":["2026-01-02T03:04:06"]`;
    const first = await write("written", df);
    expect([first.status, first.text]).toEqual([200, '{"rows":1,"written":1,"outdated":0}']);
    const row = (await project.send("GET", "/features/written/1")).text;
    expect(row).toBe(
      '{"entity":{"id":1},"features":{"a":1.0},"event_timestamp":"2026-01-02T03:04:05.123456Z","status":"PRESENT"}',
    );
    expect((await write("written", df)).status).toBe(200);
    expect((await project.send("GET", "/features/written/1")).text).toBe(row);
  });

  test.each([
    ["a view that is not there", "none:x", 404, "FeatureViewNotFoundException"],
    ["a feature that is not there", "hourly:none", 422, "FeastError"],
  ])("reads %s from a JSON string that holds JSON", async (_what, feature, status, name) => {
    const answer = await lookUp(
      `{"entities":{"driver_id":[1]},"full_feature_names":false,"features":["${feature}"]}`,
    );
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      status,
      "application/json",
    ]);
    const inner = JSON.parse(answer.text) as string;
    expect(inner).toMatch(
      new RegExp(`^\\{"module":"feast\\.errors","class":"${name}","message":"[^"]`),
    );
    expect(answer.text).toBe(JSON.stringify(inner));
    expect(Object.keys(JSON.parse(inner) as object).slice(0, 3)).toEqual([
      "module",
      "class",
      "message",
    ]);
  });
});

describe("a client of 0.63 or earlier", () => {
  test("asks for each view by its join key, which must be the first result", async () => {
    const { status, text } = await lookUp(
      '{"features":["hourly:rate","hourly:trips"],"entities":{"driver_id":[1001,7]}}',
    );
    expect(status).toBe(200);
    expect(text).toBe(
      '{"metadata":{"feature_names":["driver_id","rate","trips"]},"results":[' +
        `{"values":[1001,7],"statuses":["PRESENT","PRESENT"],"event_timestamps":["${EPOCH}","${EPOCH}"]},` +
        `{"values":[1.0,null],"statuses":["PRESENT","NOT_FOUND"],"event_timestamps":["${AT}","${EPOCH}"]},` +
        `{"values":[-9223372036854775808,null],"statuses":["PRESENT","NOT_FOUND"],"event_timestamps":["${AT}","${EPOCH}"]}]}`,
    );
  });

  test("reads the time of the first row, found or not", async () => {
    for (const id of [1001, 7]) {
      const { json } = await lookUp(
        `{"features":["hourly:rate"],"entities":{"driver_id":[${id}]}}`,
      );
      const { results } = json() as unknown as {
        results: readonly { event_timestamps: readonly string[] }[];
      };
      expect(results[1]?.event_timestamps[0]).toMatch(ISO_FORMAT);
    }
  });

  test("is told that a composite key is incomplete, never given another entity's values", async () => {
    const answer = await lookUp('{"features":["routes:rate"],"entities":{"origin":["JFK"]}}');
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({
      class: "FeastError",
      code: "VALIDATION_FAILED",
      errors: [{ path: "entities.destination" }],
    });
  });
});
