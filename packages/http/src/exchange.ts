import { performance } from "node:perf_hooks";
import { SluiceError } from "@sluice/errors";
import type { RequestContext, TraceSpan } from "@sluice/telemetry";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requestTimeoutOf } from "./request-timeout.ts";
import type { Place } from "./place.ts";
import type { RoutePolicy } from "./route-policy.ts";

// A handler that was told to stop answers by itself; one that does not listen is answered for.
const GRACE_AFTER_ABORT_MS = 100;

/** One request and its answer: the context that its work runs in, and the limits on it. */
export class Exchange implements RequestContext {
  readonly requestId: string;
  /** `performance.now()` milliseconds. */
  readonly startedAt = performance.now();
  /** What the socket had sent before this answer. */
  readonly bytesBefore: number;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  policy: RoutePolicy;
  deadline: number | undefined;
  /** undefined unless it is traced */
  span: TraceSpan | undefined;
  /** The place that it takes among those in hand; undefined = none. */
  place: Place | undefined;
  #timer: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;
  #reason: SluiceError | undefined;
  #release: (() => void) | undefined;
  #hasEnded = false;

  constructor(request: FastifyRequest, reply: FastifyReply, policy: RoutePolicy) {
    this.requestId = request.id;
    this.request = request;
    this.reply = reply;
    this.policy = policy;
    this.bytesBefore = request.raw.socket.bytesWritten ?? 0;
  }

  /** Aborts when the client goes away, the deadline passes or the server must stop. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Puts the exchange under the policy of its route, whose time-out begins to run. */
  enter(policy: RoutePolicy): void {
    this.policy = policy;
    const timeoutMs = requestTimeoutOf(this.request, policy.timeoutMs);
    if (timeoutMs === undefined) return;
    this.deadline = this.startedAt + timeoutMs;
    this.#timer = setTimeout(expire, timeoutMs, this, timeoutMs);
  }

  /** Stops the work for `reason`, and answers with it unless the handler does. */
  cancel(reason: SluiceError): void {
    if (this.#reason !== undefined) return;
    this.abort(reason);
    clearTimeout(this.#timer);
    const grace = this.#controller === undefined ? 0 : GRACE_AFTER_ABORT_MS;
    this.#timer = setTimeout(answerFor, grace, this, reason);
  }

  /** Stops the work for `reason` when nobody is left to answer. */
  abort(reason: SluiceError): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }

  /** Has `release` called when the exchange ends, at once if it has. */
  hold(release: (() => void) | undefined): void {
    if (this.#hasEnded) release?.();
    else this.#release = release;
  }

  /** Lifts the limits once the answer is out, or nobody is left to take it. */
  settle(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#release?.();
  }
}

function expire(exchange: Exchange, timeoutMs: number): void {
  const detail = `The request did not end within ${timeoutMs} ms and was cancelled.`;
  exchange.cancel(new SluiceError("DEADLINE_EXCEEDED", detail));
}

function answerFor({ reply }: Exchange, reason: SluiceError): void {
  if (reply.sent) return;
  if (reply.raw.headersSent) reply.raw.destroy();
  else void reply.send(reason);
}
