import { Type } from "typebox";
import { expect, test } from "vitest";
import { makeServer } from "./fixture.ts";

async function openDocumented() {
  const { app, open } = makeServer();
  app.put(
    "/v1/projects/:project/feature-views/:view",
    {
      config: { scope: "features:write" },
      schema: {
        summary: "Declare a <feature view>",
        params: Type.Object({ project: Type.String(), view: Type.String() }),
        body: Type.Object({ ttl_seconds: Type.Optional(Type.Integer()) }),
        response: { 200: Type.Object({ name: Type.String() }) },
      },
    },
    () => ({ name: "x" }),
  );
  const { url } = await open();
  return url;
}

test("the document has every route with its schemas, scope and problems", async () => {
  const url = await openDocumented();
  const document: unknown = await (await fetch(`${url}/openapi.json`)).json();
  expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "Fixture" } });
  expect(document).toHaveProperty("paths", {
    "/v1/projects/{project}/feature-views/{view}": {
      put: expect.objectContaining({
        security: [{ key: [] }],
        description: "Needs scope `features:write`.",
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: expect.objectContaining({
                additionalProperties: false,
                properties: { ttl_seconds: { type: "integer" } },
              }),
            },
          },
        },
        responses: { 200: expect.anything(), default: expect.anything() },
      }),
    },
  });
});

test("the pages need nothing from elsewhere and escape what they show", async () => {
  const url = await openDocumented();
  const response = await fetch(`${url}/docs`);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  const page = await response.text();
  expect(page).toContain("/v1/projects/{project}/feature-views/{view}");
  expect(page).toContain("Declare a &lt;feature view&gt;");
  expect(page).not.toMatch(/<script|src=|https?:\/\//);
  expect(await (await fetch(`${url}/docs/errors`)).text()).toContain('<tr id="POOL_SATURATED">');
});

test("a route that speaks another protocol does not promise problem+json", async () => {
  const { app, open } = makeServer();
  const renderProblem = () => ({ contentType: "application/json", body: "{}" });
  app.get("/feast", { config: { public: true, renderProblem } }, () => "x");
  const { url } = await open();
  const document: unknown = await (await fetch(`${url}/openapi.json`)).json();
  const responses = expect.objectContaining({
    default: expect.objectContaining({ content: { "application/json": { schema: {} } } }),
  });
  expect(document).toMatchObject({ paths: { "/feast": { get: { responses } } } });
});
