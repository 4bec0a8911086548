import { performance } from "node:perf_hooks";
import type { Socket } from "node:net";
import { SluiceError } from "@sluice/errors";
import type { Logger } from "@sluice/telemetry";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Counter, Gauge, type Registry } from "prom-client";
import { Exchange } from "./exchange.ts";
import { RequestDurations } from "./request-durations.ts";
import type { RoutePolicy } from "./route-policy.ts";

/** All exchanges of a server: follows each from its head to its end, and measures and logs it. */
export class Traffic {
  readonly registry: Registry;
  readonly #logger: Logger;
  readonly #open = new Set<Exchange>();
  /** Pipelined requests share a socket, and those in the queue hear nothing of its end. */
  readonly #bySocket = new WeakMap<Socket, Set<Exchange>>();
  readonly #durations: RequestDurations;
  readonly #shed: Counter<"reason">;

  constructor(registry: Registry, logger: Logger) {
    this.registry = registry;
    this.#logger = logger;
    this.#durations = new RequestDurations(registry);
    this.#shed = new Counter({
      name: "http_requests_shed_total",
      help: "Requests refused because of a quota or overload, by error code",
      labelNames: ["reason"],
      registers: [registry],
    });
    const open = this.#open;
    new Gauge({
      name: "http_requests_in_flight",
      help: "Requests whose answer has not been sent yet",
      registers: [registry],
      collect() {
        this.set(open.size);
      },
    });
  }

  /** Number of requests without a complete answer. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** Follows a request from now on. */
  begin(request: FastifyRequest, reply: FastifyReply, policy: RoutePolicy): Exchange {
    const exchange = new Exchange(request, reply, policy);
    this.#open.add(exchange);
    this.#exchangesOf(request.raw.socket).add(exchange);
    reply.raw.on("close", () => this.#end(exchange));
    return exchange;
  }

  /** Counts a refusal that came of load. */
  countShed(code: string): void {
    this.#shed.inc({ reason: code });
  }

  /** Whether an answer is under way on this socket. */
  isBusy(socket: Socket): boolean {
    return (this.#bySocket.get(socket)?.size ?? 0) > 0;
  }

  /** Ends every open exchange with `reason`. */
  cancelAll(reason: SluiceError): void {
    for (const exchange of this.#open) exchange.cancel(reason);
  }

  #exchangesOf(socket: Socket): Set<Exchange> {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const exchanges = new Set<Exchange>();
    this.#bySocket.set(socket, exchanges);
    socket.once("close", () => {
      for (const exchange of exchanges) this.#end(exchange);
    });
    return exchanges;
  }

  #end(exchange: Exchange): void {
    if (!this.#open.delete(exchange)) return;
    const { request, reply, policy } = exchange;
    const { socket, method = "" } = request.raw;
    this.#bySocket.get(socket)?.delete(exchange);
    exchange.settle();
    const complete = reply.raw.writableFinished;
    if (!complete) exchange.abort(clientGone());
    const status = complete ? reply.raw.statusCode : 499;
    const now = performance.now();
    const milliseconds = now - exchange.startedAt;
    exchange.place?.admission.leave(exchange.place.tenant, now, milliseconds);
    this.#durations.observe(method, policy.route, status, milliseconds / 1000);
    this.#logger.info(
      {
        request_id: exchange.requestId,
        method,
        route: policy.route,
        status,
        duration_ms: Math.round(milliseconds * 1000) / 1000,
        bytes: socket.bytesWritten - exchange.bytesBefore,
      },
      "request",
    );
  }
}

function clientGone(): SluiceError {
  return new SluiceError("CLIENT_CLOSED_REQUEST", "The client closed the connection.");
}
