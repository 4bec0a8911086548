import { type Logger, PeriodicTask } from "@sluice/telemetry";
import type { Autoscaler } from "../autoscaler/autoscaler.ts";
import type { ScalingMeter } from "../autoscaler/scaling-metrics.ts";
import { acquireLease, type Lease } from "./lease.ts";
import type { Trials } from "../config-changes/trials.ts";
import type { Queryable } from "./queries.ts";

export interface ControlLoopOptions {
  readonly db: Queryable;
  /** Names this process in the lease and in events. */
  readonly actor: string;
  readonly autoscaler: Pick<Autoscaler, "settle" | "act" | "forget">;
  /** Carries on the change that a person asked for. */
  readonly trials: Pick<Trials, "step">;
  /** Gives instances that have restarted what was rolled out. */
  readonly keepGates: () => Promise<void>;
  readonly tickMs: number;
  readonly logger: Logger;
  readonly meter: ScalingMeter;
}

const STEP_MS = 1_000;
/** Long enough for a leader that is slow, short enough for one that is dead. */
export const LEASE_MS = 15_000;
const DEADLINE_MS = 10_000;

/**
 * All that the leader does, one after the other, so that two of its changes never meet: each tick the autoscaler, and
 * each second the trial that is under way. Without one nothing is asked of the database between two ticks.
 */
export class ControlLoop {
  readonly #options: ControlLoopOptions;
  readonly #task: PeriodicTask;
  #lease: Lease | undefined;
  #nextTickAt = 0;
  #isTrying = false;

  constructor(options: ControlLoopOptions) {
    this.#options = options;
    this.#task = new PeriodicTask({
      name: "control-loop",
      everyMs: Math.min(STEP_MS, options.tickMs),
      deadlineMs: DEADLINE_MS,
      run: () => this.#step(),
      logger: options.logger,
    });
  }

  /** Idempotent. */
  start(): void {
    this.#task.start();
  }

  /** Ends what is in hand, and lets another instance begin. Idempotent. */
  async stop(): Promise<void> {
    await this.#task.stop();
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.giveUp();
  }

  async #step(): Promise<void> {
    const { db, autoscaler, trials, keepGates, tickMs, meter, actor } = this.#options;
    const isTick = performance.now() >= this.#nextTickAt;
    if (!isTick && !this.#isTrying) return;
    this.#isTrying = false;
    this.#lease = await acquireLease(db, actor, LEASE_MS);
    meter.leads(this.#lease !== undefined);
    if (isTick) this.#nextTickAt = performance.now() + tickMs - STEP_MS / 2;
    if (this.#lease === undefined) return autoscaler.forget();
    await autoscaler.settle(this.#lease);
    // A trial whose canary does not answer must not keep the autoscaler from its work.
    const [trial] = await Promise.allSettled([trials.step(this.#lease)]);
    this.#isTrying = trial.status === "rejected" || trial.value !== undefined;
    if (isTick) {
      await autoscaler.act(this.#lease, trial.status === "fulfilled" ? trial.value : undefined);
      await keepGates();
    }
    if (trial.status === "rejected") throw trial.reason as Error;
  }
}
