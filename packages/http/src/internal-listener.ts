import { once } from "node:events";
import { type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { changeGate, type GateControl, readGates } from "./gate-control.ts";
import type { Readiness } from "./readiness.ts";
import { sendMetricLines } from "./metric-lines.ts";
import { selectedMetrics } from "./selected-metrics.ts";
import type { ShutdownPhase } from "./shutdown.ts";

type Route = (query: URLSearchParams) => Answer | Promise<Answer>;
type Answer = { status: number; contentType: string; body: string };

/** Where the internal listener is, and how it ends. */
export interface InternalListener {
  readonly url: string;
  /** The last step of a shutdown: probes and scrapes are answered until then. */
  readonly closing: ShutdownPhase;
}

/** What the internal listener shows and changes. */
export interface Internals {
  readonly registry: Registry;
  readonly readiness: Readiness;
  readonly control: GateControl;
}

/** Opens the listener of /metrics, /metrics.json, /metrics.lines, /health and /gates. @param port 0 = any free one */
export async function openInternalListener(
  internals: Internals,
  host: string,
  port: number,
): Promise<InternalListener> {
  const server = createInternalServer(internals);
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

/**
 * The server of /metrics, /health/live, /health/ready, /gates and, for Sluice's own use, a few metrics by their names:
 * /metrics.json?name=…&name=… once, /metrics.lines?name=… each second.
 */
function createInternalServer({ registry, readiness, control }: Internals): Server {
  const routes: Readonly<Record<string, Route>> = {
    "/metrics": async () => ({
      status: 200,
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
    "/metrics.json": async (query) =>
      json(200, { values: await selectedMetrics(registry, query.getAll("name")) }),
    "/health/live": () => json(200, { status: "live" }),
    "/health/ready": async () => {
      const reasons = await readiness.reasonsAgainst();
      return reasons.length === 0
        ? json(200, { status: "ready" })
        : json(503, { status: "unready", reasons });
    },
    "/gates": () => json(200, readGates(control)),
  };
  return createServer((request, response) => {
    const [path = "", query] = request.url?.split("?", 2) ?? [];
    if (path === "/metrics.lines")
      return sendMetricLines(registry, new URLSearchParams(query).getAll("name"), response);
    const [, pool] = /^\/gates\/([a-z]+)$/.exec(path) ?? [];
    const change: Route | undefined =
      pool !== undefined && request.method === "PUT"
        ? () => changeGate(control, pool, request).then(({ status, body }) => json(status, body))
        : undefined;
    const route = change ?? (Object.hasOwn(routes, path) ? routes[path] : undefined);
    Promise.try(
      route ?? (() => json(404, { paths: Object.keys(routes) })),
      new URLSearchParams(query),
    ).then(
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
