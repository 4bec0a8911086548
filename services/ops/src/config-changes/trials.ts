import type { Logger } from "@sluice/telemetry";
import type { Profile } from "@sluice/workloads";
import type { PgbouncerProcess } from "../autoscaler/fleet.ts";
import type { Lease } from "../leader/lease.ts";
import { aliasSubject } from "./alias-subject.ts";
import { type Counters, NOTHING, since } from "./counters.ts";
import { gateSubject } from "./gate-subject.ts";
import type { Instances } from "./instances.ts";
import { findOpenChange, moveChange, type OpenChange, type Queryable } from "./queries.ts";
import type { Target } from "./settings.ts";
import type { Subject } from "./subject.ts";
import { worsened } from "./verdict.ts";

export interface TrialsOptions {
  readonly db: Queryable;
  readonly profile: Profile;
  readonly processes: readonly PgbouncerProcess[];
  readonly instances: Instances;
  readonly logger: Logger;
}

/** How long a canary that does not answer is asked to take its former settings. */
const PATIENCE_SECONDS = 120;

/**
 * Carries on the change that a person asked for, a step at a time: measures the canary for a window as it is, changes it,
 * watches it for another window, and then changes the rest, or puts the canary back. Each step is written down before
 * it is taken, so that the next leader knows what a dead one left.
 */
export class Trials {
  readonly #options: TrialsOptions;

  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  /** @returns what is on trial after the step */
  async step(lease: Lease): Promise<Target | undefined> {
    const change = await findOpenChange(this.#options.db);
    if (change === undefined) return undefined;
    if (change.state === "trying") await this.#watch(change, lease);
    else await this.#prepare(change, lease);
    return change.target;
  }

  /** Until the canary is changed, whatever goes wrong ends the trial. */
  async #prepare(change: OpenChange, lease: Lease): Promise<void> {
    try {
      const subject = await this.#subjectOf(change, lease);
      if (change.state === "pending") await this.#measure(change, subject, lease);
      else if (change.elapsed_seconds >= change.window_seconds)
        await this.#begin(change, subject, lease);
    } catch (error) {
      const detail = `It was not tried: ${(error as Error).message}`;
      await this.#move(change, lease, { state: "failed", detail });
    }
  }

  async #measure(change: OpenChange, subject: Subject, lease: Lease): Promise<void> {
    const previous = await subject.current(Object.keys(change.settings));
    const evidence = { mark: await subject.counters() };
    const { canary } = subject;
    await this.#move(change, lease, { state: "measuring", previous, canary, evidence });
  }

  async #begin(change: OpenChange, subject: Subject, lease: Lease): Promise<void> {
    const mark = await subject.counters();
    const before = since(change.evidence?.mark ?? NOTHING, mark);
    await this.#move(change, lease, { state: "trying", evidence: { mark, before } });
    try {
      await subject.apply(change.settings);
    } catch (error) {
      const why = `it could not be applied: ${(error as Error).message}`;
      await this.#putBack({ ...change, state: "trying" }, subject, lease, why);
    }
  }

  /** What cannot be done is tried again with the next step, for a while: the state says that the canary is changed. */
  async #watch(change: OpenChange, lease: Lease): Promise<void> {
    try {
      await this.#judge(change, await this.#subjectOf(change, lease), lease);
    } catch (error) {
      if (change.elapsed_seconds < change.window_seconds + PATIENCE_SECONDS) throw error;
      const detail = `${change.canary} could not be put back, restart it: ${(error as Error).message}`;
      await this.#move(change, lease, { state: "failed", detail });
    }
  }

  async #judge(change: OpenChange, subject: Subject, lease: Lease): Promise<void> {
    if (change.term !== String(lease.term))
      return this.#putBack(change, subject, lease, "ops was restarted while it was tried");
    const { mark = NOTHING, before = NOTHING } = change.evidence ?? {};
    const now = await subject.counters().catch((error: unknown) => error as Error);
    if (now instanceof Error)
      return this.#putBack(change, subject, lease, `the canary does not answer: ${now.message}`);
    const during = since(mark, now);
    const why = worsened(before, during);
    if (why !== undefined) return this.#putBack(change, subject, lease, why, during);
    if (change.elapsed_seconds >= change.window_seconds)
      await this.#rollOut(change, subject, lease, during);
  }

  async #putBack(
    change: OpenChange,
    subject: Subject,
    lease: Lease,
    why: string,
    during?: Counters,
  ): Promise<void> {
    await subject.putBack(change.previous ?? {});
    const detail = `It was put back after ${Math.round(change.elapsed_seconds)} s: ${why}`;
    await this.#move(change, lease, {
      state: "rolled_back",
      detail,
      ...evidenceOf(change, during),
    });
  }

  async #rollOut(
    change: OpenChange,
    subject: Subject,
    lease: Lease,
    during: Counters,
  ): Promise<void> {
    await subject.rollOut(change.settings, change.previous ?? {});
    const calls = during.acquired + during.refused;
    const detail = `It is everywhere: ${calls} calls of the canary were no worse than before`;
    await this.#move(change, lease, { state: "rolled_out", detail, ...evidenceOf(change, during) });
  }

  async #move(
    change: OpenChange,
    { term }: Lease,
    to: Omit<Parameters<typeof moveChange>[3], "term">,
  ): Promise<void> {
    const { db, logger } = this.#options;
    await moveChange(db, change.id, change.state, { ...to, term });
    const { id, target, settings } = change;
    logger.info({ change: id, target, settings, ...to }, "a configuration change went on");
  }

  async #subjectOf({ target, canary, id: changeId }: OpenChange, lease: Lease): Promise<Subject> {
    const options = { ...this.#options, lease, changeId };
    return "alias" in target
      ? aliasSubject({ ...options, ...target })
      : await gateSubject({ ...options, ...target, canary });
  }
}

function evidenceOf(
  { evidence }: OpenChange,
  during: Counters | undefined,
): { evidence?: NonNullable<OpenChange["evidence"]> } {
  return evidence === null || during === undefined ? {} : { evidence: { ...evidence, during } };
}
