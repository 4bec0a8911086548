import { type Server, type ServerResponse, createServer } from "node:http";
import type { Registry } from "prom-client";
import type { Readiness } from "./readiness.ts";

type Answer = { status: number; contentType: string; body: string };

/** The server of /metrics, /health/live and /health/ready, which is for the machine's own use and not for clients. */
export function createInternalServer(registry: Registry, readiness: Readiness): Server {
  const routes: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
    "/metrics": async () => ({
      status: 200,
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
    "/health/live": () => json(200, { status: "live" }),
    "/health/ready": async () => {
      const reasons = await readiness.reasonsAgainst();
      return reasons.length === 0
        ? json(200, { status: "ready" })
        : json(503, { status: "unready", reasons });
    },
  };
  return createServer((request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    Promise.try(route ?? (() => json(404, { paths: Object.keys(routes) }))).then(
      (answer) => send(response, answer),
      (error: unknown) => send(response, json(500, { error: String(error) })),
    );
  });
}

function json(status: number, body: object): Answer {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" });
  response.end(body);
}
