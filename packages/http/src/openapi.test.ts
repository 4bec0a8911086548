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
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Record<string, any>;
  expect(document["openapi"]).toBe("3.1.0");
  expect(Object.keys(document["paths"])).toEqual(["/v1/projects/{project}/feature-views/{view}"]);
  const put = document["paths"]["/v1/projects/{project}/feature-views/{view}"].put;
  expect(put.security).toEqual([{ key: [] }]);
  expect(put.description).toContain("features:write");
  expect(put.requestBody.content["application/json"].schema).toMatchObject({
    additionalProperties: false,
    properties: { ttl_seconds: { type: "integer" } },
  });
  expect(Object.keys(put.responses)).toEqual(["200", "default"]);
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
