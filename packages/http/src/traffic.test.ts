import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { makeServer } from "./fixture.ts";

const PUBLIC = { config: { public: true } } as const;

test("an access line says what happened and holds no query values", async () => {
  const { app, lines, open } = makeServer();
  app.get("/v1/projects/:project", PUBLIC, () => "hello");
  const { url } = await open();
  const id = { "x-request-id": "r1" };
  await (await fetch(`${url}/v1/projects/demo?api_key=hunter2`, { headers: id })).text();
  await expect.poll(() => lines.find((line) => line["msg"] === "request")).toBeDefined();
  const line = lines.find((l) => l["msg"] === "request") ?? {};
  expect(line).toMatchObject({
    level: "info",
    request_id: "r1",
    method: "GET",
    route: "/v1/projects/:project",
    status: 200,
  });
  expect(line["duration_ms"]).toBeGreaterThan(0);
  expect(line["bytes"]).toBeGreaterThan("hello".length);
  expect(JSON.stringify(line)).not.toMatch(/hunter2|demo/);
});

test("durations are measured by route, and unknown paths under one name", async () => {
  const { app, open } = makeServer();
  app.get("/v1/projects/:project", PUBLIC, () => "hello");
  const { url, internalUrl } = await open();
  for (const path of ["/v1/projects/a", "/v1/projects/b", "/x", "/y"]) {
    await (await fetch(url + path)).text();
  }
  const metrics = async () => (await fetch(`${internalUrl}/metrics`)).text();
  const count = (route: string, status: number) =>
    `http_request_duration_seconds_count{service="fixture",method="GET",route="${route}",status="${status}"} 2`;
  await expect.poll(metrics).toContain(count("/v1/projects/:project", 200));
  expect(await metrics()).toContain(count("unmatched", 404));
  expect(await metrics()).toContain('http_requests_in_flight{service="fixture"} 0');
});

test.each([
  ["GET / HTTP/9.9\r\n\r\n", 400, "INVALID_REQUEST"],
  [`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431, "HEADERS_TOO_LARGE"],
])("what is not HTTP gets a problem too (%#)", async (text, status, code) => {
  const { open } = makeServer();
  const { url } = await open();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(text);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(
    new RegExp(`^HTTP/1.1 ${status} [^]*application/problem\\+json`),
  );
  expect(answer.toString()).toContain(`"code":"${code}"`);
  await once(socket, "close");
});
