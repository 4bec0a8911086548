import { expect, test } from "vitest";
import { Admission } from "./admission.ts";

/** Lets `rate` requests a second be answered for `milliseconds`, with `inFlight` in hand, from `start` on. */
function work(
  admission: Admission,
  inFlight: number,
  rate: number,
  start: number,
  milliseconds: number,
): number {
  while (admission.inFlight < inFlight) admission.enter(start);
  const pause = 1_000 / rate;
  let now = start;
  for (; now < start + milliseconds; now += pause) {
    admission.leave(now);
    admission.enter(now);
  }
  return now;
}

test("a service that answers as fast as requests come admits them all", () => {
  const admission = new Admission();
  const end = work(admission, 500, 10_000, 0, 2_000);
  expect(() => admission.enter(end)).not.toThrow();
});

test("when the queue would take too long to work off, the next is refused with the wait", () => {
  const admission = new Admission({ maxQueueMs: 250 });
  const end = work(admission, 100, 1_000, 0, 3_000);
  let admitted = 0;
  let refusal: unknown;
  for (; refusal === undefined; admitted += 1) {
    try {
      admission.enter(end);
    } catch (error) {
      refusal = error;
    }
  }
  expect(refusal).toMatchObject({ code: "POOL_SATURATED", status: 503 });
  // 250 ms of work at 1,000 requests a second.
  expect(admission.inFlight).toBeGreaterThan(240);
  expect(admission.inFlight).toBeLessThan(265);
  expect((refusal as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(0.24);
});

test("a stall refuses nobody below the minimum in hand", () => {
  const admission = new Admission({ minInFlight: 64 });
  for (let now = 0; now < 64; now += 1) expect(() => admission.enter(now * 1_000)).not.toThrow();
});

test("beyond it a stall refuses at once, and an answer again admits", () => {
  const admission = new Admission({ minInFlight: 10, maxQueueMs: 100 });
  let now = work(admission, 20, 1_000, 0, 2_000);
  now += 5_000; // nobody is answered
  for (let step = 0; step < 20; step += 1) {
    now += 100;
    try {
      admission.enter(now);
    } catch {
      break;
    }
  }
  expect(() => admission.enter(now)).toThrow("requests in hand");
  while (admission.inFlight > 5) admission.leave(now);
  expect(() => admission.enter(now)).not.toThrow();
});

test("idle time does not count as slowness: a burst after it is admitted", () => {
  const admission = new Admission({ maxQueueMs: 250 });
  let now = work(admission, 200, 10_000, 0, 2_000);
  while (admission.inFlight > 0) admission.leave(now);
  for (let second = 0; second < 60; second += 1) {
    now += 1_000;
    admission.enter(now);
    admission.leave(now + 1);
  }
  for (let request = 0; request < 1_000; request += 1)
    expect(() => admission.enter(now)).not.toThrow();
});
