import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ClaimLine } from "./claim-line.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SCOPE = { tenantId: "1", projectId: null, queues: undefined };
const WAIT_MS = 10_000;

/** A line in front of a store of jobs, and a record of who looked into it. */
function lineBefore(jobs: string[]) {
  const line = new ClaimLine(SCOPE);
  const looked: string[] = [];
  const wait = (name: string, options: { waitMs?: number; signal?: AbortSignal } = {}) => {
    const { waitMs = WAIT_MS, signal = new AbortController().signal } = options;
    const attempt = async (): Promise<string | undefined> => {
      looked.push(name);
      await Promise.resolve();
      signal.throwIfAborted();
      return jobs.shift();
    };
    return line.wait(attempt, { until: performance.now() + waitMs, signal });
  };
  return { line, looked, wait };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

test("jobs go to those who wait in order of arrival, and each job costs one look more", async () => {
  const jobs: string[] = [];
  const { line, looked, wait } = lineBefore(jobs);
  const waiting = ["a", "b", "c"].map((name) => wait(name));
  await settle();
  looked.length = 0;
  jobs.push("job 1", "job 2");
  line.wake();
  await settle();
  expect(looked).toEqual(["a", "b", "c"]);
  expect(await Promise.all(waiting.slice(0, 2))).toEqual(["job 1", "job 2"]);
  expect(line.length).toBe(1);
  line.end();
  expect(await waiting[2]).toBeUndefined();
});

test("a thousand that wait cost one look at a time, and one now and then when nothing happens", async () => {
  const { line, looked, wait } = lineBefore([]);
  const waiting = Array.from({ length: 1_000 }, (_, index) => wait(`w${index}`));
  await settle();
  looked.length = 0;
  line.wake();
  await settle();
  expect(looked).toEqual(["w0"]);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(looked.length).toBeGreaterThanOrEqual(7);
  expect(looked.length).toBeLessThanOrEqual(12);
  line.end();
  await Promise.all(waiting);
});

test("without a hint a job is found within a second", async () => {
  const jobs: string[] = [];
  const { wait } = lineBefore(jobs);
  const waiting = wait("a");
  await settle();
  jobs.push("job");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await waiting).toBe("job");
});

test("whoever's time is over gets nothing, and leaves no timer behind", async () => {
  const { line, wait } = lineBefore([]);
  const [short, long] = [wait("short", { waitMs: 500 }), wait("long", { waitMs: 700 })];
  await vi.advanceTimersByTimeAsync(500);
  expect(await short).toBeUndefined();
  await vi.advanceTimersByTimeAsync(200);
  expect(await long).toBeUndefined();
  expect([line.length, vi.getTimerCount()]).toEqual([0, 0]);
});

test("whoever leaves in the middle of a look has the next one look", async () => {
  const jobs: string[] = [];
  const { line, wait } = lineBefore(jobs);
  const leaver = new AbortController();
  const first = wait("first", { signal: leaver.signal });
  const second = wait("second");
  await settle();
  jobs.push("job");
  line.wake();
  leaver.abort(new Error("left"));
  await expect(first).rejects.toThrow("left");
  expect(await second).toBe("job");
  expect([line.length, vi.getTimerCount()]).toEqual([0, 0]);
});

test("whoever has left already does not come in", async () => {
  const { line, looked, wait } = lineBefore(["job"]);
  const reason = new Error("left");
  await expect(wait("a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect([line.length, looked.length, vi.getTimerCount()]).toEqual([0, 0, 0]);
});

test("a look that fails is its claim's alone: the others go on waiting", async () => {
  const line = new ClaimLine(SCOPE);
  const patience = { until: performance.now() + WAIT_MS, signal: new AbortController().signal };
  const job: { found: string | undefined; fault: Error | undefined } = {
    found: undefined,
    fault: undefined,
  };
  const failing = line.wait(async () => {
    if (job.fault) throw job.fault;
    return undefined;
  }, patience);
  const other = line.wait(async () => job.found, patience);
  await settle();
  Object.assign(job, { found: "job", fault: new Error("down") });
  line.wake();
  await expect(failing).rejects.toThrow("down");
  expect(line.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await other).toBe("job");
});

type Step =
  | { readonly kind: "arrive"; readonly waitMs: number }
  | { readonly kind: "leave"; readonly who: number }
  | { readonly kind: "job"; readonly hint: boolean }
  | { readonly kind: "pass"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("arrive" as const), waitMs: fc.integer({ min: 0, max: 5_000 }) }),
  fc.record({ kind: fc.constant("leave" as const), who: fc.nat(30) }),
  fc.record({ kind: fc.constant("job" as const), hint: fc.boolean() }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 1_500 }) }),
);

test("whatever happens: each job once, in order of arrival, none left while somebody waits, nothing left behind", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const jobs: string[] = [];
      const { line, wait } = lineBefore(jobs);
      const leavers: AbortController[] = [];
      const outcomes: Promise<void>[] = [];
      const served: { who: number; job: string }[] = [];
      let made = 0;
      for (const it of steps) {
        if (it.kind === "arrive") {
          const who = leavers.length;
          const leaver = new AbortController();
          leavers.push(leaver);
          const done = wait(String(who), { waitMs: it.waitMs, signal: leaver.signal });
          outcomes.push(
            done.then(
              (job) => void (job !== undefined && served.push({ who, job })),
              (error: unknown) => expect(error).toBe(leaver.signal.reason),
            ),
          );
        } else if (it.kind === "leave") {
          leavers[it.who]?.abort(new Error("left"));
        } else if (it.kind === "job") {
          jobs.push(String(made++));
          if (it.hint) line.wake();
        } else {
          await vi.advanceTimersByTimeAsync(it.ms);
        }
      }
      await vi.advanceTimersByTimeAsync(1_000);
      expect(jobs.length > 0 && line.length > 0).toBe(false);
      line.end();
      await Promise.all(outcomes);
      expect(served.map(({ job }) => job)).toEqual(served.map((_, index) => String(index)));
      expect(served.map(({ who }) => who)).toEqual(served.map(({ who }) => who).toSorted(byNumber));
      expect(served.length + jobs.length).toBe(made);
      expect([line.length, vi.getTimerCount()]).toEqual([0, 0]);
    }),
    { numRuns: 300 },
  );
});

const byNumber = (a: number, b: number): number => a - b;
