import { expect, test } from "vitest";
import { FAULTS, type Fault, shortened } from "./faults/table.ts";
import { runRound } from "./round.ts";

/** Each kind of fault, and of those that kill each part whose death is another case; `npm run chaos` has all of them. */
const SHORT = [
  "postgres-killed",
  "pgbouncer-killed",
  "redis-killed",
  "training-manager-killed",
  "training-worker-killed",
  "pgbouncer-paused",
  "services-pgbouncer-reset",
  "services-redis-black-hole",
  "pgbouncer-postgres-1-s",
  "connection-storm",
  "pgbouncer-reloads",
  "feature-backends-terminated",
];
const FAULT_MS = 1_000;
const SPAN = { beforeMs: 1_000, afterMs: 1_200, recoveryMs: 3_000 };

function faultNamed(name: string): Fault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (found === undefined) throw new Error(`There is no fault ${name}.`);
  return shortened(found, FAULT_MS);
}

test("mixed load under every kind of fault: nothing acknowledged is lost or done twice, and nobody is left waiting", async () => {
  const { findings, broken } = await runRound(SHORT.map(faultNamed), 1, {
    span: SPAN,
    // For whoever reads the log; a time never decides a test.
    tell: ({ fault, faultMs, firstMs, failed, requests }) =>
      process.stdout.write(
        `  ${fault}: ${Math.round(faultMs)} ms, first success after ${Math.round(firstMs)} ms, ${failed} of ${requests} requests failed\n`,
      ),
  });
  expect(
    findings.flatMap(({ fault, broken }) => broken.map((what) => `${fault}: ${what}`)),
  ).toEqual([]);
  for (const [promise, faults] of Object.entries(broken))
    expect([promise, faults]).toEqual([promise, []]);
  for (const { fault, requests } of findings) expect([fault, requests > 0]).toEqual([fault, true]);
}, 300_000);
