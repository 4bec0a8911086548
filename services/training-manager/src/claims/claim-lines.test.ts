import { Registry } from "prom-client";
import { expect, test } from "vitest";
import type { Hint } from "../hints/hint.ts";
import { ClaimLines } from "./claim-lines.ts";
import type { ClaimScope } from "./queries.ts";

const HINT: Hint = {
  tenantId: "1",
  projectId: "10",
  jobId: "j",
  queue: "default",
  from: null,
  to: "pending",
  sequence: 1,
};

/** Claims that find nothing and count how often they looked. */
function openLines() {
  const registry = new Registry();
  const lines = new ClaimLines(registry);
  const claim = (scope: Partial<ClaimScope>, waitMs = 60_000) => {
    const state = { looks: 0 };
    const done = lines.claim(
      { tenantId: "1", projectId: null, queues: undefined, ...scope },
      async () => void state.looks++,
      { until: performance.now() + waitMs, signal: new AbortController().signal },
    );
    return { done, looks: () => state.looks };
  };
  const waiting = async () =>
    (await registry.getSingleMetric("claim_waiters")!.get()).values[0]?.value;
  return { lines, claim, waiting };
}

const settle = () => new Promise(setImmediate);

test.each<[string, Partial<ClaimScope>, Partial<Hint>, boolean]>([
  ["any project of the tenant", {}, {}, true],
  ["another tenant", { tenantId: "2" }, {}, false],
  ["the project", { projectId: "10" }, {}, true],
  ["another project", { projectId: "11" }, {}, false],
  ["one of the queues", { queues: ["gpu", "default"] }, {}, true],
  ["another queue", { queues: ["gpu"] }, {}, false],
  ["a job that is pending again", {}, { from: "retrying" }, true],
  ["a job that was claimed", {}, { from: "pending", to: "running" }, false],
  [
    "a job that ended, in any project",
    { projectId: "11" },
    { from: "running", to: "failed" },
    true,
  ],
  ["a job that pauses", { queues: ["gpu"] }, { from: "running", to: "retrying" }, true],
  ["a job being cancelled", {}, { from: "running", to: "cancelling" }, false],
])("a hint wakes who can use it: %s", async (_name, scope, hint, wakes) => {
  const { lines, claim } = openLines();
  const waiting = claim(scope);
  await settle();
  const before = waiting.looks();
  lines.onHint({ ...HINT, ...hint });
  await settle();
  expect(waiting.looks() - before).toBe(wakes ? 1 : 0);
  lines.close();
  await waiting.done;
});

test("the same queues in another order are one line, in which only the first looks", async () => {
  const { lines, claim, waiting } = openLines();
  const first = claim({ queues: ["a", "b"] });
  await settle();
  const second = claim({ queues: ["b", "a"] });
  await settle();
  expect(second.looks()).toBe(0);
  expect(await waiting()).toBe(2);
  lines.close();
  expect(await Promise.all([first.done, second.done])).toEqual([undefined, undefined]);
  expect(await waiting()).toBe(0);
});

test("a claim that does not wait looks for itself, however many wait", async () => {
  const { lines, claim } = openLines();
  const waiting = claim({});
  await settle();
  const passing = claim({}, 0);
  await passing.done;
  expect(passing.looks()).toBe(1);
  lines.close();
  await waiting.done;
});

test("once closed, a claim looks once and does not wait", async () => {
  const { lines, claim, waiting } = openLines();
  lines.close();
  const late = claim({});
  await late.done;
  expect([late.looks(), await waiting()]).toEqual([1, 0]);
});

test("more than 5,000 that wait are refused, and told when to come back", async () => {
  const { lines, claim, waiting } = openLines();
  const claims = Array.from({ length: 5_000 }, () => claim({}));
  await settle();
  await expect(claim({}).done).rejects.toMatchObject({
    code: "POOL_SATURATED",
    retryAfterSeconds: 1,
  });
  expect(await waiting()).toBe(5_000);
  lines.close();
  await Promise.all(claims.map(async ({ done }) => done));
  expect(await waiting()).toBe(0);
});
