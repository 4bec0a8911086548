import type { Logger } from "@sluice/telemetry";
import { aliasBudget, type Profile } from "@sluice/workloads";
import type { Target } from "../config-changes/settings.ts";
import { acquireLease, type Lease } from "../leader/lease.ts";
import { changePool } from "./change-pool.ts";
import { decideAll } from "./decide.ts";
import type { Decision, Mode, Outcome } from "./decision.ts";
import { type PgbouncerProcess, sampleAliases } from "./fleet.ts";
import type { Policy } from "./policy.ts";
import { type Queryable, readDatabaseLoad, recordDecision } from "./queries.ts";
import { settleIntent } from "./settle-intent.ts";
import type { Sample } from "./sample.ts";
import {
  configuredSize,
  driftOf,
  readWanted,
  scaledAliases,
  type WantedSize,
} from "./wanted-sizes.ts";
import type { ScalingMeter } from "./scaling-metrics.ts";

export interface AutoscalerOptions {
  readonly db: Queryable;
  readonly profile: Profile;
  readonly processes: readonly PgbouncerProcess[];
  readonly policy: Policy;
  /** Names the instance in the lease and in events, e.g. `system:ops/host-17`. */
  readonly actor: string;
  readonly leaseMs: number;
  readonly logger: Logger;
  readonly meter: ScalingMeter;
  /** Gives decisions that only repeat the last one a row of their own. @default false */
  readonly everyRow?: boolean;
}

/** A decision, and what became of it. */
export interface Settled extends Decision {
  readonly outcome: Outcome;
}

/**
 * The control loop over pool sizes. One instance acts at a time, by a lease in PostgreSQL; it makes one change at a time,
 * which is written down before it is made. Everything that lasts is in PostgreSQL: only the samples are here, and a new
 * leader begins without any. Calls must not overlap.
 */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  #history: Sample[] = [];

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** Looks once, and does what follows; undefined while another instance is in charge. */
  async tick(): Promise<readonly Settled[] | undefined> {
    const { db, actor, leaseMs } = this.#options;
    const lease = await acquireLease(db, actor, leaseMs);
    if (lease === undefined) {
      this.forget();
      return undefined;
    }
    await this.settle(lease);
    return this.act(lease);
  }

  /** The same with what was looked at before, and the lease is given back. While another is in charge nothing changes. */
  async decideOnce(): Promise<readonly Settled[]> {
    const { db, actor, leaseMs, profile } = this.#options;
    const lease = await acquireLease(db, actor, leaseMs);
    if (lease !== undefined) {
      try {
        await this.settle(lease);
        return await this.act(lease);
      } finally {
        await lease.giveUp();
      }
    }
    await this.look();
    const decisions = this.#decide("on", await readWanted(db, profile)).map(leaveToLeader);
    return this.#each(decisions, (decision) =>
      this.#record(decision, decision.action === "hold" ? "none" : "refused"),
    );
  }

  /** Ends what a leader began and did not live to end: nothing else may change before. */
  settle(lease: Lease): Promise<void> {
    const { db, processes } = this.#options;
    return settleIntent({ db, lease, processes }, this.#options);
  }

  /**
   * Looks, decides and acts under a lease that was taken already.
   * @param trial what a person is changing: nothing else changes meanwhile, or nobody could tell what did what
   */
  async act(lease: Lease, trial?: Target): Promise<readonly Settled[]> {
    const { db, profile } = this.#options;
    const sample = await this.look();
    const wanted = await readWanted(db, profile);
    const isOnTrial = (alias: string): boolean =>
      trial !== undefined && "alias" in trial && trial.alias === alias;
    const drifts = driftOf(sample, wanted).filter(({ alias }) => !isOnTrial(alias));
    // What was seen at a size that nobody wanted decides nothing.
    if (drifts.length > 0) return this.#each(drifts, (drift) => this.#carryOut(lease, drift));
    const decisions = this.#decide(lease.mode, wanted, trial);
    return this.#each(decisions, (decision) => this.#carryOut(lease, decision));
  }

  async look(): Promise<Sample> {
    const { db, processes, policy } = this.#options;
    const aliases = await sampleAliases(processes);
    const sample: Sample = { aliases, database: await readDatabaseLoad(db) };
    this.#history.push(sample);
    this.#history.splice(0, this.#history.length - policy.shrinkAfter);
    return sample;
  }

  /** What was seen before somebody else decided decides nothing. */
  forget(): void {
    this.#history = [];
  }

  #decide(mode: Mode, wanted: readonly WantedSize[], trial?: Target): Decision[] {
    const { policy, profile } = this.#options;
    return decideAll({
      mode,
      policy,
      history: this.#history,
      limits: scaledAliases(profile, wanted),
      budget: aliasBudget(profile),
      cores: profile.machine.cores,
      inFlight:
        trial === undefined
          ? undefined
          : `a change of ${Object.values(trial).join("/")} is being tried`,
    });
  }

  async #each(
    decisions: readonly Decision[],
    settle: (decision: Decision) => Promise<Outcome>,
  ): Promise<Settled[]> {
    const settled: Settled[] = [];
    for (const decision of decisions)
      settled.push({ ...decision, outcome: await settle(decision) });
    return settled;
  }

  async #carryOut(lease: Lease, decision: Decision): Promise<Outcome> {
    const { action } = decision;
    if (action === "hold") return this.#options.everyRow ? this.#record(decision, "none") : "none";
    if (action === "refuse") return this.#record(decision, "refused");
    if (lease.mode === "frozen") return this.#record(decision, "refused");
    const canAct = this.#options.processes.every(({ effector }) => effector !== undefined);
    if (lease.mode === "dry_run" || !canAct) return this.#record(decision, "dry_run");
    return this.#change(lease, decision);
  }

  async #change(lease: Lease, decision: Decision): Promise<Outcome> {
    const { db, processes, actor, profile, logger, meter } = this.#options;
    const configured =
      decision.action === "restore" ? undefined : configuredSize(profile, decision.alias);
    const ending = await changePool({ db, lease, processes }, { ...decision, actor, configured });
    const { alias, action, reason, from, to } = decision;
    meter.decided(decision, ending.outcome);
    logger.info({ alias, action, reason, from, to, ...ending }, "a pool size was changed");
    return ending.outcome;
  }

  async #record(decision: Decision, outcome: "dry_run" | "refused" | "none"): Promise<Outcome> {
    const { db, actor, meter, logger, everyRow = false } = this.#options;
    meter.decided(decision, outcome);
    logger.debug({ ...decision, outcome }, "a pool size was left as it is");
    await recordDecision(db, decision, outcome, actor, everyRow);
    return outcome;
  }
}

function leaveToLeader(decision: Decision): Decision {
  if (decision.action === "hold" || decision.action === "refuse") return decision;
  const detail = `another instance of ops decides; ${decision.detail}`;
  return { ...decision, action: "refuse", reason: "not_leader", detail };
}
