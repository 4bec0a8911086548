import { readStack } from "@sluice/testing";
import { Compile } from "typebox/schema";
import { expect, test } from "vitest";
import { serviceProject } from "./service-project.ts";

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Media>> }>
  >;
}

const BASE = "/v1/projects/{project}";
const DATASET = `${BASE}/datasets/{dataset}`;
const VERSION = `${DATASET}/versions/{version}`;
const PLAN = `${BASE}/plans/{plan}`;
const EPOCH = `${PLAN}/epochs/{epoch}`;

/** The flights that the examples of look-ups name. */
const SAMPLES = [3, 7]
  .map((n) => `{"sample_id":"f00000000${n}","label":"late","created_at":"2001-01-02T00:00:00Z"}\n`)
  .join("");

/** Every operation of the document, in an order in which each finds what it needs. */
const STEPS: readonly (readonly [method: string, path: string, query?: string])[] = [
  ["put", DATASET],
  ["get", DATASET],
  ["get", `${BASE}/datasets`],
  ["post", `${DATASET}/versions`],
  ["post", `${VERSION}/samples`, "?part=main"],
  ["get", `${VERSION}/parts`],
  ["get", `${VERSION}/parts/{part}`],
  ["delete", `${VERSION}/parts/{part}`],
  ["post", `${VERSION}/samples`, "?part=main"],
  ["post", `${VERSION}/seal`],
  ["post", `${VERSION}/select`],
  ["get", VERSION],
  ["get", `${DATASET}/versions`],
  ["post", `${DATASET}/samples:lookup`],
  ["get", `${VERSION}/samples`, "?limit=10"],
  ["post", `${BASE}/plans`],
  ["get", PLAN],
  ["get", `${EPOCH}/steps/{step}`],
  ["get", `${EPOCH}/locate`, "?sample_id=f000000007"],
  ["get", `${PLAN}/audit`],
  ["delete", VERSION],
  ["get", `${BASE}/operations/{operation}`],
  ["delete", DATASET],
];

test("every operation of data-loader's OpenAPI document is answered as it says, to the example if it has one", async () => {
  const own = await serviceProject("data-loader", (text) => JSON.parse(text) as object);
  const response = await fetch(`${readStack().services["data-loader"]!.url}/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Operation>> };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(new Set(STEPS.map(([method, path]) => `${method} ${path}`))).toEqual(new Set(documented));
  const values: Record<string, string> = {
    project: own.project,
    dataset: "flights",
    version: "1",
    part: "main",
    epoch: "0",
    step: "0",
  };
  for (const [method, path, query = ""] of STEPS) {
    const name = `${method} ${path}`;
    const operation = paths[path]![method]!;
    const target = path.replaceAll(/\{([^}]+)\}/g, (_all, parameter: string) => values[parameter]!);
    const isUpload = method === "post" && path.endsWith("/samples");
    // The first version has no base.
    const example = operation.requestBody?.content["application/json"]?.example;
    const body = path.endsWith("/versions") && method === "post" ? {} : example;
    const answer = isUpload
      ? await own.send("POST", target + query, SAMPLES, {
          headers: { "content-type": "application/x-ndjson" },
        })
      : await own.send(method.toUpperCase(), target + query, body);
    expect(answer.status, `${name}: ${answer.text}`).toBeLessThan(300);
    const content = operation.responses[answer.status]?.content ?? {};
    const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
    const schema = content[type]?.schema;
    if (schema === undefined) expect(answer.text, name).toBe("");
    else expect(Compile(schema).Errors(JSON.parse(answer.text)), name).toEqual([true, []]);
    const location = answer.headers.get("location");
    if (location !== null) values["operation"] = location.split("/").at(-1)!;
    if (path.endsWith("/plans"))
      values["plan"] = (JSON.parse(answer.text) as { plan_id: string }).plan_id;
  }
});
