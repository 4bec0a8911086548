import type { TraceSpan, Tracing } from "@sluice/telemetry";
import type { FastifyRequest } from "fastify";

const CLIENT_GONE = 499;

/**
 * The span of a request, as OpenTelemetry names things for HTTP servers. Its path, query and headers are left out: they
 * hold keys of entities, cursors and credentials. The route says what was asked, the request's id which one it was.
 * @returns undefined unless the sampler wants it
 */
export function startRequestSpan(
  tracing: Tracing,
  { raw, id, routeOptions, headers, exchange }: FastifyRequest,
): TraceSpan | undefined {
  const { method = "" } = raw;
  const route = routeOptions.config.policy?.route;
  const attributes = {
    "http.request.method": method,
    "http.route": route,
    "url.scheme": "http",
    "network.protocol.version": raw.httpVersion,
    "sluice.request_id": id,
  };
  const name = route === undefined ? method : `${method} ${route}`;
  return tracing.start(
    name,
    { kind: "server", attributes, startedAt: exchange.startedAt },
    headers,
  );
}

/** Ends it by what the answer says: 5xx is an error of the server, and nothing else is. */
export function endRequestSpan(span: TraceSpan, status: number, at: number): void {
  // Nobody was sent that status.
  if (status !== CLIENT_GONE) span.set({ "http.response.status_code": status });
  span.end({ at, error: status >= 500 ? String(status) : undefined });
}
