// Offers load from a process of its own: reads a LoadPlan as JSON from its standard input, writes a LoadResult.
import { json } from "node:stream/consumers";
import { percentile } from "../table.ts";
import { Connection, type Head } from "./http-client.ts";
import type { Flow, FlowResult, Latencies, LoadPlan, LoadResult } from "./plan.ts";

/** How long answers may take after the last request was sent. */
const DRAIN_MS = 5_000;

interface Due {
  readonly sender: Sender;
  readonly at: number;
}

/** One flow's schedule, and what became of its requests. */
class Sender {
  readonly flow: Flow;
  readonly answered: number[] = [];
  readonly refused: number[] = [];
  refusedBare = 0;
  failed = 0;
  offered = 0;
  nextAt: number;
  readonly #requests: readonly Buffer[];

  constructor(flow: Flow, start: number) {
    this.flow = flow;
    this.#requests = flow.requests.map((text) => Buffer.from(text));
    this.nextAt = flow.rate === undefined ? Number.POSITIVE_INFINITY : start;
  }

  /** Moves on to the next moment of the Poisson process. */
  advance(): void {
    this.nextAt += (-Math.log(1 - Math.random()) / (this.flow.rate as number)) * 1_000;
  }

  next(): Buffer {
    this.offered += 1;
    return this.#requests[this.offered % this.#requests.length] as Buffer;
  }

  note({ status, hasRetryAfter }: Head, due: number, sent: number): void {
    const now = performance.now();
    if (status >= 200 && status < 300) this.answered.push(now - due);
    else if (status === 429 || status === 503) {
      this.refused.push(now - sent);
      if (!hasRetryAfter) this.refusedBare += 1;
    } else this.failed += 1;
  }

  result(seconds: number): FlowResult {
    const { answered, refused, refusedBare, failed, offered } = this;
    const unanswered = offered - answered.length - refused.length - failed;
    return {
      name: this.flow.name,
      seconds,
      offered,
      answered: summarise(answered),
      refused: summarise(refused),
      refusedBare,
      failed: failed + unanswered,
    };
  }
}

class Generator {
  readonly #plan: LoadPlan;
  #senders: readonly Sender[] = [];
  readonly #idle: Connection[] = [];
  readonly #waiting: Due[] = [];
  readonly #lags: number[] = [];
  #end = 0;
  #open = 0;
  #onTheWay = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
  }

  async run(): Promise<LoadResult> {
    // Clients are there before overload begins: it is not made of the opening of connections.
    while (this.#open < this.#plan.connections) this.#idle.push(await this.#connect());
    const start = performance.now();
    this.#end = start + this.#plan.seconds * 1_000;
    this.#senders = this.#plan.flows.map((flow) => new Sender(flow, start));
    const cpu = process.cpuUsage();
    for (const sender of this.#senders)
      for (let client = 0; client < (sender.flow.clients ?? 0); client += 1) this.#offer(sender);
    while (performance.now() < this.#end) {
      for (const sender of this.#senders) this.#offerDue(sender);
      // A timer cannot be finer than a millisecond: what comes due meanwhile is sent together.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const { user, system } = process.cpuUsage(cpu);
    const drained = performance.now() + DRAIN_MS;
    while (this.#onTheWay > 0 && performance.now() < drained)
      await new Promise((resolve) => setTimeout(resolve, 10));
    return {
      flows: this.#senders.map((sender) => sender.result(this.#plan.seconds)),
      lag: summarise(this.#lags),
      generatorCpu: (user + system) / 1e6 / this.#plan.seconds,
    };
  }

  #offerDue(sender: Sender): void {
    const now = performance.now();
    for (; sender.nextAt <= now; sender.advance()) this.#offer(sender, sender.nextAt);
  }

  #offer(sender: Sender, at = performance.now()): void {
    this.#onTheWay += 1;
    const connection = this.#connection();
    if (connection === undefined) this.#waiting.push({ sender, at });
    else this.#send(connection, sender, at);
  }

  #connection(): Connection | undefined {
    let idle = this.#idle.pop();
    while (idle !== undefined && !idle.isOpen) idle = this.#idle.pop();
    return idle;
  }

  async #connect(): Promise<Connection> {
    this.#open += 1;
    const { host, port } = this.#plan;
    return Connection.open(host, port, {
      idle: (connection) => this.#reuse(connection),
      closed: () => void this.#replace(),
    });
  }

  /** What the service closed is opened again. */
  async #replace(): Promise<void> {
    this.#open -= 1;
    if (performance.now() < this.#end) this.#reuse(await this.#connect());
  }

  #reuse(connection: Connection): void {
    const due = this.#waiting.shift();
    if (due === undefined) this.#idle.push(connection);
    else this.#send(connection, due.sender, due.at);
  }

  #send(connection: Connection, sender: Sender, at: number): void {
    const sent = performance.now();
    this.#lags.push(sent - at);
    connection.send(sender.next(), (head) => {
      this.#onTheWay -= 1;
      sender.note(head, at, sent);
      if (sender.flow.clients !== undefined && sent < this.#end) this.#offer(sender);
    });
  }
}

function summarise(values: readonly number[]): Latencies {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
  return { count: values.length, p50, p99, max: percentile(values, 1) };
}

const plan = (await json(process.stdin)) as LoadPlan;
process.stdout.write(JSON.stringify(await new Generator(plan).run()));
process.exit(0);
