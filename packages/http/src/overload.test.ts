import { expect, test } from "vitest";
import { makeServer } from "./fixture.ts";

test("what cannot be answered soon is refused at its head, with Retry-After, and counted", async () => {
  const { app, open } = makeServer({ admission: { maxQueueMs: 0, minInFlight: 2 } });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  app.get("/work", { config: { scope: "features:read" } }, async () => {
    await released;
    return { done: true };
  });
  app.get("/open", { config: { public: true } }, () => ({ done: true }));
  const { url, internalUrl } = await open();
  const get = (path: string): Promise<Response> =>
    fetch(url + path, { headers: { authorization: "Bearer good" } });

  const admitted = [get("/work"), get("/work")];
  await expect.poll(() => app.traffic.inFlight).toBe(2);
  const refused = await get("/work");
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await refused.json()).toMatchObject({ code: "POOL_SATURATED" });
  expect((await get("/open")).status).toBe(200);

  release();
  expect((await Promise.all(admitted)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await get("/work")).status).toBe(200);
  const metrics = await (await fetch(`${internalUrl}/metrics`)).text();
  expect(metrics).toMatch(/http_requests_shed_total\{[^}]*reason="POOL_SATURATED"[^}]*\} 1/);
});
