import { percentile } from "../table.ts";
import { Connection, type Head } from "./http-client.ts";
import type { Flow, FlowResult, Latencies, LoadPlan } from "./plan.ts";

/** Sends one flow's requests over connections of its own, and keeps what became of them. */
export class Sender {
  readonly #flow: Flow;
  readonly #plan: LoadPlan;
  readonly #requests: readonly Buffer[];
  readonly #idle: Connection[] = [];
  /** When each request that waits for a connection was due. */
  readonly #waiting: number[] = [];
  readonly #answered: number[] = [];
  readonly #refused: number[] = [];
  readonly #lags: number[] = [];
  #refusedBare = 0;
  #heldBack = 0;
  #failed = 0;
  #offered = 0;
  #nextAt = Number.POSITIVE_INFINITY;
  #end = Number.POSITIVE_INFINITY;

  constructor(flow: Flow, plan: LoadPlan) {
    this.#flow = flow;
    this.#plan = plan;
    this.#requests = flow.requests.map((text) => Buffer.from(text));
  }

  /** Requests that have no outcome yet. */
  get pending(): number {
    const outcomes = this.#answered.length + this.#refused.length + this.#heldBack + this.#failed;
    return this.#offered - outcomes;
  }

  async connect(): Promise<void> {
    for (let open = 0; open < this.#flow.connections; open += 1)
      this.#idle.push(await this.#connect());
  }

  start(now: number): void {
    this.#end = now + this.#plan.seconds * 1_000;
    if (this.#flow.rate !== undefined) this.#nextAt = now;
    for (let client = 0; client < (this.#flow.clients ?? 0); client += 1) this.#offer(now);
  }

  /** Offers what has come due: the moments are a Poisson process. */
  offerDue(now: number): void {
    while (this.#nextAt <= now) {
      this.#offer(this.#nextAt);
      this.#nextAt += (-Math.log(1 - Math.random()) / (this.#flow.rate as number)) * 1_000;
    }
  }

  result(): FlowResult {
    return {
      name: this.#flow.name,
      seconds: this.#plan.seconds,
      offered: this.#offered,
      heldBack: this.#heldBack,
      answered: summarise(this.#answered),
      lag: summarise(this.#lags),
      refused: summarise(this.#refused),
      refusedBare: this.#refusedBare,
      failed: this.#failed + this.pending,
    };
  }

  #connect(): Promise<Connection> {
    const { host, port } = this.#plan;
    return Connection.open(host, port, {
      idle: (connection, head) => this.#reuseAfter(connection, head),
      closed: () => void this.#replace(),
    });
  }

  /** What the service closed is opened again. */
  async #replace(): Promise<void> {
    if (performance.now() < this.#end) this.#reuse(await this.#connect());
  }

  #offer(due: number): void {
    this.#offered += 1;
    let connection = this.#idle.pop();
    while (connection !== undefined && !connection.isOpen) connection = this.#idle.pop();
    if (connection !== undefined) this.#send(connection, due);
    else if (this.#flow.isPatient === true) this.#heldBack += 1;
    else this.#waiting.push(due);
  }

  #reuseAfter(connection: Connection, { retryAfterSeconds = 0 }: Head): void {
    if (this.#flow.isPatient !== true || retryAfterSeconds === 0) return this.#reuse(connection);
    const pauseMs = retryAfterSeconds * 1_000 * (1 + Math.random() / 2);
    setTimeout(() => this.#reuse(connection), pauseMs).unref();
  }

  #reuse(connection: Connection): void {
    const due = this.#waiting.shift();
    if (due === undefined) this.#idle.push(connection);
    else this.#send(connection, due);
  }

  #send(connection: Connection, due: number): void {
    const sent = performance.now();
    const request = this.#requests[this.#lags.length % this.#requests.length] as Buffer;
    this.#lags.push(sent - due);
    connection.send(request, (head) => {
      this.#note(head, due, sent);
      if (this.#flow.clients !== undefined && sent < this.#end) this.#offer(performance.now());
    });
  }

  #note({ status, retryAfterSeconds }: Head, due: number, sent: number): void {
    const now = performance.now();
    if (status >= 200 && status < 300) this.#answered.push(now - due);
    else if (status === 429 || status === 503) {
      this.#refused.push(now - sent);
      if (retryAfterSeconds === undefined) this.#refusedBare += 1;
    } else this.#failed += 1;
  }
}

function summarise(values: readonly number[]): Latencies {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
  return { count: values.length, p50, p99, max: percentile(values, 1) };
}
