import { setTimeout as sleep } from "node:timers/promises";
import { Attempt, type End, type Held, type Pace, type Tally } from "./attempt.ts";
import { type FaultPlan, noFaults } from "./faults.ts";
import { Patience } from "./patience.ts";
import { type Answer, type Observer, TrainingApi } from "./training-api.ts";

export interface FleetOptions {
  /** Of the training manager; asked for each request. */
  readonly origin: () => string;
  readonly key: string;
  /** undefined: whatever project of the key's tenant has a job. */
  readonly project?: string;
  /** Attempts that are worked on at a time. */
  readonly trainers: number;
  readonly pace: Pace;
  readonly faults?: FaultPlan;
  /** How long a claim waits for a job. @default 1 */
  readonly waitSeconds?: number;
  readonly observe?: Observer;
}

const NO_JOB_PAUSE_MS = 50;

/** One attempt that a fleet worked on. */
export interface Worked extends Held {
  readonly end: End;
}

/** Simulated trainers: each claims a job, works on it as all of its ranks, and claims the next. */
export class Fleet {
  readonly tally: Tally = { beats: 0, statuses: new Map(), latencies: [], checkpoints: 0 };
  readonly worked: Worked[] = [];
  readonly #options: FleetOptions;
  readonly #api: TrainingApi;
  readonly #stopping = new AbortController();
  #loops: Promise<void> | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#api = new TrainingApi(options);
  }

  start(): this {
    this.#loops ??= Promise.all(
      Array.from({ length: this.#options.trainers }, (_, index) => this.#train(`trainer-${index}`)),
    ).then(() => undefined);
    return this;
  }

  /** Starts them, and resolves when they have worked on `attempts`. @throws the reason of `signal` */
  async finished(attempts: number, signal: AbortSignal): Promise<void> {
    this.start();
    while (this.worked.length < attempts) await sleep(50, undefined, { signal });
  }

  /** Ends all trainers where they are, as if their machines were switched off. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loops;
    this.#api.close();
  }

  async #train(name: string): Promise<void> {
    const { signal } = this.#stopping;
    const patience = new Patience();
    while (!signal.aborted) {
      const answer = await this.#claim(name);
      const pauseMs = Math.max(NO_JOB_PAUSE_MS, patience.after(answer));
      const held = heldBy(answer);
      if (held === undefined) {
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const { pace, faults = noFaults } = this.#options;
      const fault = faults(held.worldSize, pace.steps);
      const end = await new Attempt(this.#api, held, pace, fault, this.tally).run(signal);
      this.worked.push({ ...held, end });
    }
  }

  #claim(name: string): Promise<Answer> {
    const { project, waitSeconds = 1 } = this.#options;
    const path = project === undefined ? "/v1" : `/v1/projects/${project}`;
    return this.#api.claim(path, name, waitSeconds);
  }
}

/** The attempt that a claim was answered with, if it got one. */
function heldBy({ status, body }: Answer): Held | undefined {
  const { job, attempt, token } = body;
  if (status !== 200 || job === undefined || attempt === undefined || token === undefined)
    return undefined;
  return {
    path: `/v1/projects/${job.project}`,
    job: job.id,
    worldSize: job.world_size,
    attempt,
    token,
  };
}
