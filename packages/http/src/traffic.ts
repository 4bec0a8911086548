import { performance } from "node:perf_hooks";
import type { Socket } from "node:net";
import { SluiceError } from "@sluice/errors";
import { type AccessEntry, accessLog, type Logger } from "@sluice/telemetry";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Counter, Gauge, type Registry } from "prom-client";
import { Exchange } from "./exchange.ts";
import { RequestDurations } from "./request-durations.ts";
import { endRequestSpan } from "./request-span.ts";
import type { RoutePolicy } from "./route-policy.ts";

/** All exchanges of a server: follows each from its head to its end, and measures and logs it. */
export class Traffic {
  readonly registry: Registry;
  readonly #log: (entry: AccessEntry) => void;
  /**
   * Of each connection; pipelined requests share one, and those in the queue hear nothing of its end. Arrays, since
   * one Set of all would be rehashed for ever, and V8 keeps what a table held when it is replaced.
   */
  readonly #bySocket = new Map<Socket, Exchange[]>();
  #inFlight = 0;
  readonly #durations: RequestDurations;
  readonly #shed: Counter<"reason">;

  constructor(registry: Registry, logger: Logger) {
    this.registry = registry;
    this.#log = accessLog(logger);
    this.#durations = new RequestDurations(registry);
    this.#shed = new Counter({
      name: "http_requests_shed_total",
      help: "Requests refused because of a quota or overload, by error code",
      labelNames: ["reason"],
      registers: [registry],
    });
    const inFlight = (): number => this.#inFlight;
    new Gauge({
      name: "http_requests_in_flight",
      help: "Requests whose answer has not been sent yet",
      registers: [registry],
      collect() {
        this.set(inFlight());
      },
    });
  }

  /** Number of requests without a complete answer. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Follows a request from now on. */
  begin(request: FastifyRequest, reply: FastifyReply, policy: RoutePolicy): Exchange {
    const exchange = new Exchange(request, reply, policy);
    this.#inFlight += 1;
    this.#exchangesOf(request.raw.socket).push(exchange);
    reply.raw.on("close", () => this.#end(exchange));
    return exchange;
  }

  /** Counts a refusal that came of load. */
  countShed(code: string): void {
    this.#shed.inc({ reason: code });
  }

  /** Whether an answer is under way on this socket. */
  isBusy(socket: Socket): boolean {
    return (this.#bySocket.get(socket)?.length ?? 0) > 0;
  }

  /** Ends every open exchange with `reason`. */
  cancelAll(reason: SluiceError): void {
    for (const exchanges of this.#bySocket.values())
      for (const exchange of exchanges) exchange.cancel(reason);
  }

  #exchangesOf(socket: Socket): Exchange[] {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const exchanges: Exchange[] = [];
    this.#bySocket.set(socket, exchanges);
    socket.once("close", () => {
      for (const exchange of exchanges.splice(0)) this.#finish(exchange);
      this.#bySocket.delete(socket);
    });
    return exchanges;
  }

  #end(exchange: Exchange): void {
    const exchanges = this.#bySocket.get(exchange.request.raw.socket) ?? [];
    const index = exchanges.indexOf(exchange);
    if (index < 0) return;
    exchanges.splice(index, 1);
    this.#finish(exchange);
  }

  #finish(exchange: Exchange): void {
    this.#inFlight -= 1;
    const { request, reply, policy, span } = exchange;
    const { socket, method = "" } = request.raw;
    exchange.settle();
    const complete = reply.raw.writableFinished;
    if (!complete) exchange.abort(clientGone());
    const status = complete ? reply.raw.statusCode : 499;
    const now = performance.now();
    const milliseconds = now - exchange.startedAt;
    exchange.place?.leave(now, milliseconds);
    this.#durations.observe(method, policy.route, status, milliseconds / 1000);
    if (span !== undefined) endRequestSpan(span, status, now);
    this.#log({
      request_id: exchange.requestId,
      trace_id: span?.traceId,
      span_id: span?.spanId,
      method,
      route: policy.route,
      status,
      duration_ms: Math.round(milliseconds * 1000) / 1000,
      bytes: socket.bytesWritten - exchange.bytesBefore,
    });
  }
}

function clientGone(): SluiceError {
  return new SluiceError("CLIENT_CLOSED_REQUEST", "The client closed the connection.");
}
