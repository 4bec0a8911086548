import { once } from "node:events";
import { type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import type { Readiness } from "./readiness.ts";
import type { ShutdownPhase } from "./shutdown.ts";

type Answer = { status: number; contentType: string; body: string };

/** Where the internal listener is, and how it ends. */
export interface InternalListener {
  readonly url: string;
  /** The last step of a shutdown: probes and scrapes are answered until then. */
  readonly closing: ShutdownPhase;
}

/** Opens the listener of /metrics, /health/live and /health/ready. @param port 0 = any free one */
export async function openInternalListener(
  registry: Registry,
  readiness: Readiness,
  host: string,
  port: number,
): Promise<InternalListener> {
  const server = createInternalServer(registry, readiness);
  server.listen(port, host);
  await once(server, "listening");
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    closing: { name: "internal listener", limitMs: 1_000, run: () => close(server) },
  };
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

/** The server of /metrics, /health/live and /health/ready, which is for the machine's own use and not for clients. */
function createInternalServer(registry: Registry, readiness: Readiness): Server {
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
