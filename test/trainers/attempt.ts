import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./faults.ts";
import { Patience } from "./patience.ts";
import type { Answer, AnswerBody, TrainingApi } from "./training-api.ts";

/** One attempt at one job, as a claim gave it. */
export interface Held {
  readonly path: string;
  readonly job: string;
  readonly worldSize: number;
  readonly attempt: number;
  readonly token: string;
}

export interface Pace {
  /** Steps until the job is done. */
  readonly steps: number;
  /** Between two heartbeats of a rank; each brings the next step. */
  readonly beatEveryMs: number;
  /** One request for all ranks instead of one for each. */
  readonly together: boolean;
  /** Share of heartbeats that are sent twice, as by a client that did not get the answer. */
  readonly duplicates: number;
}

/** How an attempt ended, as its trainer sees it. */
export type End = "succeeded" | "failed" | "cancelled" | "superseded" | "crashed" | "stopped";

/** What happened to the requests of a fleet. */
export interface Tally {
  beats: number;
  /** Answers by status; 0: the connection broke. */
  readonly statuses: Map<number, number>;
  /** Milliseconds, of heartbeats. */
  readonly latencies: number[];
  checkpoints: number;
}

/** The ranks of one attempt: they beat, step, obey what they are told, and report the end. */
export class Attempt {
  readonly #api: TrainingApi;
  readonly #held: Held;
  readonly #pace: Pace;
  readonly #fault: Fault;
  readonly #tally: Tally;
  #told: End | undefined;

  constructor(api: TrainingApi, held: Held, pace: Pace, fault: Fault, tally: Tally) {
    this.#api = api;
    this.#held = held;
    this.#pace = pace;
    this.#fault = fault;
    this.#tally = tally;
  }

  async run(signal: AbortSignal): Promise<End> {
    const { worldSize } = this.#held;
    const ranks = Array.from({ length: worldSize }, (_, rank) => rank);
    if (this.#pace.together) await this.#beatUntilEnd(ranks, signal);
    else await Promise.all(ranks.map((rank) => this.#beatUntilEnd([rank], signal)));
    if (this.#told === "superseded") return "superseded";
    if (signal.aborted) return "stopped";
    if (this.#fault.kind === "crash") return "crashed";
    return this.#report(this.#told ?? "succeeded", signal);
  }

  /** Beats for these ranks, in step, until the work is done or somebody says that it is over. */
  async #beatUntilEnd(ranks: readonly number[], signal: AbortSignal): Promise<void> {
    const { steps, beatEveryMs } = this.#pace;
    const patience = new Patience();
    for (let step = 0; step <= steps && this.#told === undefined; step += 1) {
      const alive = ranks.filter((rank) => !this.#isDead(rank, step));
      if (alive.length === 0 || !(await pause(beatEveryMs * (0.9 + 0.2 * Math.random()), signal)))
        return;
      if (this.#fault.kind === "fail" && step >= this.#fault.step) this.#told ??= "failed";
      const waitMs = patience.after(await this.#beat(alive, step));
      if (waitMs > 0 && this.#told === undefined && !(await pause(waitMs, signal))) return;
    }
  }

  #isDead(rank: number, step: number): boolean {
    const fault = this.#fault;
    return fault.kind === "crash" && fault.rank === rank && step >= fault.step;
  }

  async #beat(ranks: readonly number[], step: number): Promise<Answer> {
    const { attempt, token, path, job } = this.#held;
    const beats = ranks.map((rank) => ({
      rank,
      step: this.#stepOf(rank, step),
      progress: step / this.#pace.steps,
    }));
    const [beat] = beats;
    const body = beats.length > 1 ? { attempt, token, beats } : { attempt, token, ...beat };
    const send = async (): Promise<Answer> => {
      const start = performance.now();
      const answer = await this.#api.send("POST", `${path}/jobs/${job}/heartbeats`, body);
      this.#count(answer, performance.now() - start);
      return answer;
    };
    const twice = Math.random() < this.#pace.duplicates;
    const [answer] = await Promise.all(twice ? [send(), send()] : [send()]);
    this.#obey(answer);
    return answer;
  }

  #stepOf(rank: number, step: number): number {
    const fault = this.#fault;
    return fault.kind === "stall" && fault.rank === rank ? Math.min(step, fault.step) : step;
  }

  #count({ status }: Answer, tookMs: number): void {
    this.#tally.beats += 1;
    this.#tally.latencies.push(tookMs);
    this.#tally.statuses.set(status, (this.#tally.statuses.get(status) ?? 0) + 1);
  }

  #obey({ status, body }: Answer): void {
    if (status === 409) this.#told = isStale(body) ? "superseded" : "stopped";
    if (body.directive === "cancel") this.#told ??= "cancelled";
    if (body.directive === "checkpoint") this.#tally.checkpoints += 1;
  }

  /** Repeated until it is answered: the same report is answered alike. */
  async #report(status: End, signal: AbortSignal): Promise<End> {
    const { attempt, token, path, job } = this.#held;
    const patience = new Patience();
    for (;;) {
      const answer = await this.#api.send("PUT", `${path}/jobs/${job}/status`, {
        attempt,
        token,
        status,
      });
      if (answer.status === 200) return status;
      if (answer.status === 409) return isStale(answer.body) ? "superseded" : "stopped";
      if (!(await pause(patience.after(answer), signal))) return "stopped";
    }
  }
}

function isStale({ code }: AnswerBody): boolean {
  return code === "STALE_ATTEMPT";
}

/** @returns false when the signal ended it. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}
