import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type AliasLimits, decideAll, type Situation } from "./decide.ts";
import type { Decision } from "./decision.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { AliasSample, DatabaseSample, Sample } from "./sample.ts";

const TICK_MS = 5_000;
const HOUR = 3_600_000 / TICK_MS;
const IDLE: DatabaseSample = { running: 0, lockWaiting: 0, active: 0 };

/** A pool under so many clients that each want a connection now. */
function under(demand: number, poolSize: number, more: Partial<AliasSample> = {}): AliasSample {
  const waiting = Math.max(0, demand - poolSize);
  const active = Math.min(demand, poolSize);
  const maxWaitMs = waiting * 10;
  const pool = { poolSize, reserve: 0, processes: 1, uniform: true, login: 0 };
  return { ...pool, waiting, maxWaitMs, active, servers: active, ...more };
}

const LIMITS: AliasLimits = {
  alias: "a",
  min: 2,
  max: 40,
  sinceChangeMs: Number.POSITIVE_INFINITY,
};

function situation(samples: readonly AliasSample[], more: Partial<Situation> = {}): Situation {
  return {
    mode: "on",
    policy: DEFAULT_POLICY,
    history: samples.map((a) => ({ aliases: { a }, database: IDLE })),
    limits: [LIMITS],
    budget: 100,
    cores: 4,
    inFlight: undefined,
    ...more,
  };
}

const short = [under(20, 4), under(20, 4)];
const only = (decisions: readonly Decision[]): Decision => decisions[0]!;
const withDatabase = (database: DatabaseSample): Pick<Situation, "history"> => ({
  history: short.map((a) => ({ aliases: { a }, database })),
});

test("clients that wait on a full pool make it grow by a step, at the second sample", () => {
  expect(only(decideAll(situation(short.slice(1)))).action).toBe("hold");
  expect(only(decideAll(situation(short)))).toMatchObject({ action: "grow", from: 4, to: 5 });
});

test.each([
  ["frozen", { mode: "frozen" }],
  ["clamped", { limits: [{ ...LIMITS, max: 4 }] }],
  ["budget", { budget: 4 }],
  ["database_bound", withDatabase({ running: 8, lockWaiting: 0, active: 9 })],
  ["lock_bound", withDatabase({ running: 1, lockWaiting: 5, active: 9 })],
  ["cooldown", { limits: [{ ...LIMITS, sinceChangeMs: 9_999 }] }],
  ["in_flight", { inFlight: "a trial" }],
] as const)("growth is refused as %s", (reason, more) => {
  const decision = only(decideAll(situation(short, more)));
  expect(decision).toMatchObject({ action: "refuse", reason, from: 4, to: expect.any(Number) });
});

test("a database that lets nobody in is no reason for more connections", () => {
  const stuck = under(0, 4, { waiting: 9, maxWaitMs: 900, login: 1 });
  expect(only(decideAll(situation([stuck, stuck])))).toMatchObject({
    action: "refuse",
    reason: "login_failing",
  });
});

test("dry run decides like on", () => {
  expect(decideAll(situation(short, { mode: "dry_run" }))).toEqual(decideAll(situation(short)));
});

test("what is left of the budget is used", () => {
  const large = [under(80, 20), under(80, 20)];
  const decision = only(decideAll(situation(large, { budget: 22 })));
  expect(decision).toMatchObject({ action: "grow", from: 20, to: 22 });
});

test("an idle pool shrinks by a step, to its smallest size and no further", () => {
  const quiet = (size: number) =>
    Array.from({ length: DEFAULT_POLICY.shrinkAfter }, () => under(1, size));
  expect(only(decideAll(situation(quiet(12))))).toMatchObject({ action: "shrink", to: 9 });
  expect(only(decideAll(situation(quiet(2))))).toMatchObject({ action: "hold" });
  expect(only(decideAll(situation(quiet(12).slice(1)))).action).toBe("hold");
});

test("of several only one changes: who waits longest", () => {
  const history: Sample[] = [1, 2].map(() => ({
    aliases: { a: under(10, 4), b: under(30, 4) },
    database: IDLE,
  }));
  const limits = [LIMITS, { ...LIMITS, alias: "b" }];
  const decisions = decideAll(situation([], { history, limits }));
  expect(decisions).toMatchObject([
    { alias: "a", action: "refuse", reason: "in_flight" },
    { alias: "b", action: "grow" },
  ]);
});

interface Change extends Decision {
  readonly tick: number;
}

/** Runs the loop over demands of several aliases, one number a tick, and returns the changes it made. */
function replay(
  demands: readonly (readonly number[])[],
  limits: readonly AliasLimits[],
  budget: number,
) {
  const sizes = new Map(limits.map(({ alias, min }) => [alias, min]));
  const changedAt = new Map<string, number>();
  const history: Sample[] = [];
  const changes: Change[] = [];
  for (const [tick, demand] of demands.entries()) {
    const aliases = limits.map(({ alias }, i) => [alias, under(demand[i]!, sizes.get(alias)!)]);
    history.push({ aliases: Object.fromEntries(aliases), database: IDLE });
    history.splice(0, history.length - DEFAULT_POLICY.shrinkAfter);
    const known = limits.map((each) => {
      const at = changedAt.get(each.alias);
      const sinceChangeMs = at === undefined ? Number.POSITIVE_INFINITY : (tick - at) * TICK_MS;
      return { ...each, sinceChangeMs };
    });
    for (const decision of decideAll(situation([], { history, limits: known, budget }))) {
      if (decision.action !== "grow" && decision.action !== "shrink") continue;
      sizes.set(decision.alias, decision.to);
      changedAt.set(decision.alias, tick);
      changes.push({ ...decision, tick });
    }
    const used = limits.reduce((sum, { alias }) => sum + sizes.get(alias)!, 0);
    expect(used).toBeLessThanOrEqual(budget);
  }
  return { changes, sizes };
}

const aliasLimits = fc
  .record({
    min: fc.integer({ min: 1, max: 8 }),
    more: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ min, more }) => ({ ...LIMITS, min, max: min + more }));

test("whatever the load: within clamps and budget, one change a tick, cooldowns held", () => {
  const anything = fc.record({
    limits: fc.tuple(aliasLimits, aliasLimits),
    demands: fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { minLength: 30, maxLength: 300 }),
    spare: fc.nat(30),
  });
  fc.assert(
    fc.property(anything, ({ limits: [a, b], demands, spare }) => {
      const limits = [a, { ...b, alias: "b" }];
      const least = limits.reduce((sum, { min }) => sum + min, 0);
      const { changes } = replay(demands, limits, least + spare);
      const last = new Map<string, number>();
      expect(new Set(changes.map(({ tick }) => tick)).size).toBe(changes.length);
      for (const { alias, tick, action, to, from } of changes) {
        const { min, max } = limits.find((each) => each.alias === alias)!;
        expect(to).toBeGreaterThanOrEqual(min);
        expect(to).toBeLessThanOrEqual(max);
        expect(Math.sign(to - from)).toBe(action === "grow" ? 1 : -1);
        const { growCooldownMs, shrinkCooldownMs } = DEFAULT_POLICY;
        const restedMs = (tick - (last.get(alias) ?? Number.NEGATIVE_INFINITY)) * TICK_MS;
        expect(restedMs).toBeGreaterThanOrEqual(
          action === "grow" ? growCooldownMs : shrinkCooldownMs,
        );
        last.set(alias, tick);
      }
    }),
    { numRuns: 60 },
  );
});

test("a load that is noisy around a mean makes a pool turn round at most once an hour", () => {
  const noisy = fc.record({
    mean: fc.integer({ min: 2, max: 30 }),
    noise: fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), {
      minLength: HOUR,
      maxLength: HOUR,
    }),
  });
  fc.assert(
    fc.property(noisy, ({ mean, noise }) => {
      const demands = noise.map((each) => [Math.round(mean * (1 + each))]);
      const { changes } = replay(demands, [LIMITS], 100);
      const turns = changes.filter(({ action }, i) => i > 0 && changes[i - 1]!.action !== action);
      expect(turns.length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

test("a load that stays is met within three ticks a step, and given back when it is gone", () => {
  const up = Array.from({ length: 60 }, () => [20]);
  const grown = replay(up, [LIMITS], 100);
  expect(grown.changes[0]!.tick).toBe(1);
  expect(grown.sizes.get("a")).toBeGreaterThanOrEqual(18); // fewer than 20 ms of waiting are left
  const down = Array.from({ length: 3 * HOUR }, () => [0]);
  expect(replay([...up, ...down], [LIMITS], 100).sizes.get("a")).toBe(LIMITS.min);
});

const trace = JSON.parse(
  readFileSync(new URL("./traces/steps-and-bursts.json", import.meta.url), "utf8"),
) as { demand: number[] };

test("a recorded load is followed up its steps and down again, and not up and down with its bursts", () => {
  const limits = [{ ...LIMITS, max: 60 }];
  const { changes, sizes } = replay([...trace.demand, ...idle(3)].map(list), limits, 100);
  const turns = changes.filter(({ action }, i) => i > 0 && changes[i - 1]!.action !== action);
  // Up with the steps, down when they are over; whatever the bursts do, an hour and a quarter has few turns.
  expect(turns.length).toBeLessThanOrEqual(3);
  expect(Math.max(...changes.map(({ to }) => to))).toBeGreaterThanOrEqual(30);
  expect(sizes.get("a")).toBe(LIMITS.min);
});

test("a recorded load, begun anywhere and stretched, keeps the rules", () => {
  const part = fc.record({
    from: fc.nat(trace.demand.length - 50),
    length: fc.integer({ min: 40, max: trace.demand.length }),
    scale: fc.double({ min: 0.2, max: 3, noNaN: true }),
    limits: aliasLimits,
  });
  fc.assert(
    fc.property(part, ({ from, length, scale, limits }) => {
      const demand = trace.demand
        .slice(from, from + length)
        .map((each) => Math.round(each * scale));
      const { changes } = replay(demand.map(list), [limits], 40);
      for (const [index, { tick, to, action }] of changes.entries()) {
        expect(to).toBeGreaterThanOrEqual(limits.min);
        expect(to).toBeLessThanOrEqual(limits.max);
        const { growCooldownMs, shrinkCooldownMs } = DEFAULT_POLICY;
        const restedMs = (tick - (changes[index - 1]?.tick ?? -1_000)) * TICK_MS;
        expect(restedMs).toBeGreaterThanOrEqual(
          action === "grow" ? growCooldownMs : shrinkCooldownMs,
        );
      }
    }),
    { numRuns: 60 },
  );
});

const list = (demand: number): number[] => [demand];
const idle = (hours: number): number[] => Array.from({ length: hours * HOUR }, () => 0);
