import { createServer } from "node:net";
import { expect, test } from "vitest";
import { assertPortsFree, HOST, portsFor } from "./ports.ts";

test("all ports follow the base", () => {
  expect(portsFor({})).toMatchObject({ postgres: 7110, pgbouncer: 7111, redis: 7112 });
  const { services } = portsFor({ SLUICE_PORT_BASE: "9000" });
  expect(services["feature-api"]).toEqual({ public: 9001, internal: 10001 });
});

test.each(["80", "70000", "7100.5", "many"])("the base %s is refused", (base) => {
  expect(() => portsFor({ SLUICE_PORT_BASE: base })).toThrow(/SLUICE_PORT_BASE is .*must be/);
});

test("a busy port is named, with the variable that moves it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer().listen(0, HOST, resolve);
  await promise;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const ports = { base: 7100, postgres: port, pgbouncer: 0, redis: 0, services: {} };
  await expect(assertPortsFree(ports)).rejects.toThrow(
    `port ${port} (PostgreSQL). Set SLUICE_PORT_BASE (now 7100)`,
  );
  server.close();
});
