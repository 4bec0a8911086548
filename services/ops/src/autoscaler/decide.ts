import type { Decision, Mode, Reason } from "./decision.ts";
import type { Policy } from "./policy.ts";
import type { AliasSample, DatabaseSample, Sample } from "./sample.ts";
import { wishOf } from "./wish.ts";

/** What is known of one alias beside its samples. */
export interface AliasLimits {
  readonly alias: string;
  readonly min: number;
  readonly max: number;
  /** Time since its size was last changed; infinite when it never was. */
  readonly sinceChangeMs: number;
}

export interface Situation {
  readonly mode: Mode;
  readonly policy: Policy;
  /** Oldest first. */
  readonly history: readonly Sample[];
  readonly limits: readonly AliasLimits[];
  /** Connections that all aliases of a process may have together, reserves included. */
  readonly budget: number;
  readonly cores: number;
  /** A change that has not ended yet, in words. */
  readonly inFlight: string | undefined;
}

/**
 * One decision for each alias, of which at most one is a change: whoever waits longest grows; nothing shrinks while
 * something has to grow. Pure: the same situation always gives the same answer.
 */
export function decideAll(situation: Situation): Decision[] {
  const decisions = situation.limits.map((limits) => decide(limits, situation));
  const chosen = chooseChange(decisions);
  return decisions.map((decision) =>
    isChange(decision) && decision !== chosen
      ? refusal(decision, "in_flight", `${chosen!.alias} changes first`)
      : decision,
  );
}

function chooseChange(decisions: readonly Decision[]): Decision | undefined {
  const byWait = decisions
    .filter(isChange)
    .toSorted((a, b) => (b.seen?.maxWaitMs ?? 0) - (a.seen?.maxWaitMs ?? 0));
  return byWait.find(({ action }) => action === "grow") ?? byWait[0];
}

function isChange({ action }: Decision): boolean {
  return action === "grow" || action === "shrink";
}

function decide(limits: AliasLimits, situation: Situation): Decision {
  const { alias } = limits;
  const samples = samplesOf(alias, situation.history);
  const seen = samples.at(-1);
  const wish = wishOf(samples, situation.policy);
  const to = clamp(wish.to, limits);
  const base = { alias, from: seen?.poolSize ?? 0, to, detail: wish.because, seen };
  const hold: Decision = { ...base, to: base.from, action: "hold", reason: "steady" };
  if (wish.direction === "none") return hold;
  // At its smallest an idle pool is where it should be: nothing is refused to anybody.
  if (wish.direction === "shrink" && to >= base.from) return { ...hold, reason: "clamped" };
  const change: Decision = {
    ...base,
    action: wish.direction,
    reason: wish.direction === "grow" ? "waiting" : "idle",
  };
  return wish.direction === "grow"
    ? growIfPossible(change, limits, situation)
    : (objection(change, limits, situation) ?? change);
}

/** Grows as far as the budget allows, when nothing speaks against it. */
function growIfPossible(change: Decision, limits: AliasLimits, situation: Situation): Decision {
  const objected = objection(change, limits, situation);
  if (objected !== undefined) return objected;
  const room = roomIn(situation);
  if (room < 1) {
    const detail = `all ${situation.budget} connections that PgBouncer may hold are given out`;
    return refusal(change, "budget", detail);
  }
  return { ...change, to: Math.min(change.to, change.from + room) };
}

/** Connections that no alias has, whether it is scaled or not. */
function roomIn({ budget, history }: Situation): number {
  const aliases = Object.values(history.at(-1)?.aliases ?? {});
  return aliases.reduce((room, { poolSize, reserve }) => room - poolSize - reserve, budget);
}

/** The first thing that speaks against a change, from the most deliberate to the most passing one. */
function objection(
  change: Decision,
  limits: AliasLimits,
  situation: Situation,
): Decision | undefined {
  const { mode, policy, inFlight } = situation;
  const grows = change.action === "grow";
  if (mode === "frozen") return refusal(change, "frozen", "the autoscaler is frozen");
  if (grows) {
    const bound = boundBy(change, limits, situation);
    if (bound !== undefined) return refusal(change, ...bound);
  }
  const cooldownMs = grows ? policy.growCooldownMs : policy.shrinkCooldownMs;
  if (limits.sinceChangeMs < cooldownMs) {
    const ago = Math.round(limits.sinceChangeMs / 1_000);
    return refusal(
      change,
      "cooldown",
      `it changed ${ago} s ago, and rests ${cooldownMs / 1_000} s`,
    );
  }
  if (inFlight !== undefined) return refusal(change, "in_flight", inFlight);
  return undefined;
}

function boundBy(
  { from, seen }: Decision,
  { max }: AliasLimits,
  { history, policy, cores }: Situation,
): [Reason, string] | undefined {
  if (from >= max) return ["clamped", `${max} is the most that the profile gives it`];
  const recent = history.slice(-policy.growAfter).map(({ database }) => database);
  const running = mean(recent, (each) => each.running);
  if (running >= cores * policy.runningPerCore)
    return ["database_bound", `${running.toFixed(1)} backends run on ${cores} cores`];
  const locked = mean(recent, (each) => each.lockWaiting / Math.max(1, each.active));
  if (locked >= policy.lockShare)
    return ["lock_bound", `${Math.round(locked * 100)} % of the busy backends wait for locks`];
  // Connections being opened that never become active: PostgreSQL does not let them in.
  if (seen !== undefined && seen.login > 0 && seen.active === 0)
    return ["login_failing", `${seen.login} connections are being opened and none is open`];
  return undefined;
}

function refusal(change: Decision, reason: Reason, detail: string): Decision {
  return { ...change, action: "refuse", reason, detail: `${detail}; ${change.detail}` };
}

function samplesOf(alias: string, history: readonly Sample[]): AliasSample[] {
  return history.flatMap(({ aliases }) => aliases[alias] ?? []);
}

function clamp(size: number, { min, max }: AliasLimits): number {
  return Math.min(max, Math.max(min, size));
}

function mean(samples: readonly DatabaseSample[], of: (sample: DatabaseSample) => number): number {
  return samples.reduce((sum, each) => sum + of(each), 0) / Math.max(1, samples.length);
}
