import fc from "fast-check";
import { expect, test } from "vitest";
import { Admission } from "./admission.ts";

const TENANT = "t";

/** Takes in as many as it admits at one moment, at most `most`. */
function fill(admission: Admission, now: number, tenant = TENANT, most = 100_000): number {
  let count = 0;
  while (count < most && admission.tryEnter(tenant, now)) count += 1;
  return count;
}

/** Lets `rate` requests a second be answered for `milliseconds`, with `inFlight` in hand, from `start` on. */
function work(
  admission: Admission,
  inFlight: number,
  rate: number,
  start: number,
  milliseconds: number,
): number {
  fill(admission, start, TENANT, inFlight - admission.inFlight);
  const pause = 1_000 / rate;
  const tookMs = Math.min(20, inFlight * pause);
  let now = start;
  for (; now < start + milliseconds; now += pause) {
    admission.leave(TENANT, now, tookMs);
    admission.tryEnter(TENANT, now);
  }
  return now;
}

test("a thousand clients that each wait for their answer are all admitted", () => {
  const admission = new Admission();
  const end = work(admission, 1_000, 7_000, 0, 2_000);
  expect(admission.inFlight).toBe(1_000);
  expect(admission.tryEnter(TENANT, end)).toBe(true);
});

test("what would take longer than the limit to work off is refused", () => {
  const admission = new Admission({ burst: 4, maxQueueMs: 250 });
  const end = work(admission, 100, 1_000, 0, 3_000);
  fill(admission, end);
  // 250 ms of work at 1,000 requests a second.
  expect(admission.inFlight).toBeGreaterThan(240);
  expect(admission.inFlight).toBeLessThan(265);
});

test("after a refusal the queue is kept short, until a second has passed without one", () => {
  const admission = new Admission({ burst: 4, maxQueueMs: 500, targetQueueMs: 50 });
  let now = work(admission, 100, 1_000, 0, 3_000);
  fill(admission, now);
  while (admission.inFlight > 20) admission.leave(TENANT, now, 1);
  fill(admission, now);
  expect(admission.inFlight).toBeLessThan(60);
  now += 999;
  expect(admission.tryEnter(TENANT, now)).toBe(false);
  now += 1_000;
  fill(admission, now);
  expect(admission.inFlight).toBeGreaterThan(400);
});

test("a burst is admitted whatever was learnt, unless there is overload already", () => {
  const admission = new Admission({ burst: 1_000 });
  // A few clients that are answered slowly: 50 a second.
  const end = work(admission, 8, 50, 0, 5_000);
  expect(fill(admission, end) + 8).toBe(1_000);
  while (admission.inFlight > 0) admission.leave(TENANT, end, 1);
  expect(fill(admission, end + 1)).toBeLessThan(20);
});

test("slow requests are not overload: who takes two seconds by nature may wait for four", () => {
  const admission = new Admission();
  let now = 0;
  for (let second = 0; second < 60; second += 1) {
    fill(admission, now, TENANT, 10 - admission.inFlight);
    now += 2_000;
    while (admission.inFlight > 0) admission.leave(TENANT, now, 2_000);
  }
  expect(fill(admission, now, TENANT, 15)).toBe(15);
});

test("during overload twice the time is queued that an answer took before", () => {
  const admission = new Admission({ burst: 4 });
  let now = 0;
  // Three in hand, 100 a second, 30 ms each.
  for (; now < 10_000; now += 30) {
    fill(admission, now, TENANT, 3);
    while (admission.inFlight > 0) admission.leave(TENANT, now + 30, 30);
  }
  // Ten times as many come as are answered, a hundred a second.
  for (const end = now + 15_000; now < end; now += 10) {
    fill(admission, now, TENANT, 10);
    admission.leave(TENANT, now, admission.inFlight * 10);
  }
  // Two in hand take 20 ms: in twice that four are answered, of which one just was.
  expect(admission.inFlight).toBeGreaterThanOrEqual(3);
  expect(admission.inFlight).toBeLessThanOrEqual(8);
});

test("a process that starts into overload finds out what an answer takes without a queue", () => {
  const admission = new Admission({ burst: 8 });
  let now = 0;
  const answer = (ms: number, most: number): void => {
    now += ms;
    admission.leave(TENANT, now, Math.max(admission.inFlight, 4) * ms);
    fill(admission, now, TENANT, most);
  };
  // Its first answers, of eight in hand, take ten times as long as the later ones, 5 ms each, one after the other.
  fill(admission, now, TENANT, 8);
  for (let count = 0; count < 20; count += 1) answer(50, 1);
  for (let count = 0; count < 1_000; count += 1) answer(5, 1_000);
  expect(admission.inFlight).toBeLessThan(12);
  // And it is found out again when they become slower for good.
  for (let count = 0; count < 1_000; count += 1) answer(25, 1_000);
  // 40 a second, for twice the 100 ms that four in hand take.
  expect(admission.inFlight).toBeGreaterThan(4);
  expect(admission.inFlight).toBeLessThanOrEqual(8);
});

test("a standstill is no rate: what was admitted before it is admitted during it", () => {
  const admission = new Admission({ burst: 4, maxQueueMs: 100 });
  let now = work(admission, 20, 1_000, 0, 2_000);
  now += 5_000; // nobody is answered
  fill(admission, now);
  expect(admission.inFlight).toBeGreaterThan(90);
  expect(admission.inFlight).toBeLessThan(110);
});

test("idle time does not count as slowness: a burst after it is admitted", () => {
  const admission = new Admission({ burst: 4, maxQueueMs: 250 });
  let now = work(admission, 200, 10_000, 0, 2_000);
  while (admission.inFlight > 0) admission.leave(TENANT, now, 1);
  for (let second = 0; second < 60; second += 1) {
    now += 1_000;
    admission.tryEnter(TENANT, now);
    admission.leave(TENANT, now + 1, 1);
  }
  expect(fill(admission, now, TENANT, 1_000)).toBe(1_000);
});

test("a tenant that comes while another's flood has all places gets half of them", () => {
  const admission = new Admission({ burst: 4, maxQueueMs: 50, targetQueueMs: 50 });
  const places = fill(admission, 0, "flood");
  const half = fill(admission, 0, "other");
  expect(half).toBe(places / 2);
  // What the flood gives back until it holds its half is lost to it.
  for (let held = places; held > half; held -= 1) {
    expect(admission.tryEnter("flood", 1)).toBe(false);
    admission.leave("flood", 1, 1);
  }
  expect(admission.inFlight).toBe(places);
  admission.leave("other", 1, 1);
  expect(admission.tryEnter("other", 1)).toBe(true);
});

test("whatever comes and goes: who holds less than a fair share is admitted, and all together hold less than twice the places", () => {
  const tenant = fc.nat({ max: 9 }).map(String);
  const step = fc.record({ tenant, enters: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 400 }), (steps) => {
      // The rate is not learnt: no window ends.
      const admission = new Admission({
        burst: 20,
        maxQueueMs: 5,
        targetQueueMs: 5,
        minInFlight: 20,
      });
      const held = new Map<string, number>();
      for (const { tenant: who, enters } of steps) {
        const own = held.get(who) ?? 0;
        const others = [...held].filter(([name, count]) => name !== who && count > 0).length;
        if (!enters) {
          if (own > 0) admission.leave(who, 0, 1);
          held.set(who, Math.max(0, own - 1));
          continue;
        }
        const isAdmitted = admission.tryEnter(who, 0);
        if (own < 20 / (others + 1)) expect(isAdmitted).toBe(true);
        if (isAdmitted) held.set(who, own + 1);
        expect(admission.inFlight).toBe([...held.values()].reduce((sum, count) => sum + count, 0));
        expect(admission.inFlight).toBeLessThan(40);
      }
    }),
  );
});

test("during overload some of those in hand are worked on, and the others' tenants are let on in turn", async () => {
  const admission = new Admission({ burst: 4, maxQueueMs: 10, targetQueueMs: 10 });
  const early = Array.from({ length: 20 }, () => {
    expect(admission.tryEnter("flood", 0)).toBe(true);
    return admission.turns.take("flood");
  });
  expect(early.every(({ begun }) => begun === undefined)).toBe(true);
  // From now on 5 ms' worth is worked on, half of the target: 10 at 2,000 a second.
  expect(admission.tryEnter("flood", 0)).toBe(false);
  const letOn: string[] = [];
  for (const tenant of ["flood", "flood", "flood", "other", "third"]) {
    void admission.turns.take(tenant).begun?.then(() => letOn.push(tenant));
  }
  for (const turn of early.slice(0, 10)) admission.turns.end(turn);
  await Promise.resolve();
  expect(letOn).toEqual([]);
  for (const turn of early.slice(10)) admission.turns.end(turn);
  await Promise.resolve();
  expect(letOn).toEqual(["flood", "other", "third", "flood", "flood"]);
});

test("without overload everything in hand is worked on", () => {
  const admission = new Admission();
  fill(admission, 0, TENANT, 900);
  const turns = Array.from({ length: 900 }, () => admission.turns.take(TENANT));
  expect(turns.every(({ begun }) => begun === undefined)).toBe(true);
});
