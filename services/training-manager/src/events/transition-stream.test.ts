import { SluiceError } from "@sluice/errors";
import fc from "fast-check";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import type { Hint } from "../hints/hint.ts";
import { Followers } from "./followers.ts";
import { type Continuation, CONTINUATION_ROWS, type Transition } from "./queries.ts";
import { transitionStream } from "./transition-stream.ts";

const HINT: Hint = {
  tenantId: "1",
  projectId: "1",
  jobId: "j",
  queue: "default",
  from: "pending",
  to: "running",
  sequence: 1_000,
};

/** A job's log that the test writes, and a stream that reads it. */
function openLog(after = 0) {
  const log = { length: 0, hasEnded: false, reads: 0 };
  const readAfter = (sequence: number): Continuation => {
    log.reads += 1;
    const reached = Math.min(log.length, sequence + CONTINUATION_ROWS);
    const transitions = Array.from(
      { length: Math.max(0, reached - sequence) },
      (_, index) => ({ sequence: sequence + index + 1 }) as Transition,
    );
    return { transitions, isLast: log.hasEnded && Math.max(reached, sequence) >= log.length };
  };
  const registry = new Registry();
  const followers = new Followers(registry);
  const follower = followers.follow("j", after);
  const readOn = async (): Promise<Continuation> => readAfter(follower.after);
  const open = () => transitionStream(readAfter(after), follower, readOn);
  const size = async () =>
    (await registry.getSingleMetric("event_streams")!.get()).values[0]!.value;
  return { log, followers, follower, open, size };
}

const idsIn = (text: string): number[] =>
  [...text.matchAll(/^event: transition\nid: (\d+)\ndata: \{"sequence":(\d+)\}$/gm)].map(
    ([, id, sequence]) => (expect(id).toBe(sequence), Number(id)),
  );

async function read(stream: AsyncIterable<string>): Promise<number[]> {
  const ids: number[] = [];
  for await (const text of stream) ids.push(...idsIn(text));
  return ids;
}

const settle = () => new Promise(setImmediate);
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

test("whenever changes are written and hints come, each is sent once and in order until the last", async () => {
  const step = fc.record({ changes: fc.nat(120), hints: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.array(step, { maxLength: 12 }), async (after, steps) => {
      const { log, followers, follower, open } = openLog(after);
      const ids = read(open());
      for (const { changes, hints } of steps) {
        log.length += changes;
        for (let i = 0; i < hints; i++) followers.onHint(HINT);
        await settle();
      }
      log.hasEnded = true;
      followers.onGap();
      expect(await ids).toEqual(upTo(log.length, after + 1));
      followers.leave(follower);
    }),
    { numRuns: 100 },
  );
});

test("a hint of what was read already causes no read", async () => {
  const { log, followers, follower, open } = openLog();
  log.length = 3;
  const ids = read(open());
  await settle();
  followers.onHint({ ...HINT, sequence: 3 });
  followers.onHint({ ...HINT, jobId: "another" });
  await settle();
  expect(log.reads).toBe(1);
  followers.leave(follower);
  expect(await ids).toEqual([1, 2, 3]);
});

test("a stream with nothing to say yet begins with a comment", async () => {
  const { followers, follower, open } = openLog();
  const stream = open();
  expect((await stream.next()).value).toBe(":\n\n");
  followers.leave(follower);
  expect((await stream.next()).done).toBe(true);
});

test("a reader that does not read causes no reads, and goes on where it was", async () => {
  const { log, followers, follower, open } = openLog();
  log.length = 1;
  const stream = open();
  expect(idsIn((await stream.next()).value as string)).toEqual([1]);
  const pending = stream.next();
  await settle();
  log.length = 2;
  followers.onGap();
  expect(idsIn((await pending).value as string)).toEqual([2]);
  const { reads } = log;
  log.length = 4;
  for (let i = 0; i < 10; i++) followers.onGap();
  await settle();
  expect(log.reads).toBe(reads);
  expect(idsIn((await stream.next()).value as string)).toEqual([3, 4]);
  followers.leave(follower);
});

test("a database that is busy or away for a moment ends no stream, anything else does", async () => {
  const { followers, follower } = openLog();
  const outcomes: (Continuation | Error)[] = [
    new SluiceError("DATABASE_UNAVAILABLE", "away"),
    { transitions: [{ sequence: 1 } as Transition], isLast: false },
    new Error("a fault"),
  ];
  const readOn = async (): Promise<Continuation> => {
    const outcome = outcomes.shift()!;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const stream = transitionStream({ transitions: [], isLast: false }, follower, readOn);
  await stream.next();
  const next = stream.next();
  for (const left of [2, 1]) {
    followers.onGap();
    await settle();
    expect(outcomes.length).toBe(left);
  }
  expect(idsIn((await next).value as string)).toEqual([1]);
  followers.onGap();
  await expect(stream.next()).rejects.toThrow("a fault");
  followers.leave(follower);
});

test("closing ends streams, also those that come later, and whoever left is forgotten", async () => {
  const { log, followers, follower, open, size } = openLog();
  log.length = 1;
  const ids = read(open());
  await settle();
  followers.close();
  expect(await ids).toEqual([1]);
  const late = followers.follow("j", 0);
  expect(await size()).toBe(2);
  expect(await late.woken()).toBe(false);
  for (const one of [follower, late, late]) followers.leave(one);
  expect(await size()).toBe(0);
});

test("more than 5,000 are refused, and told when to come back", async () => {
  const { followers, follower, size } = openLog();
  const others = Array.from({ length: 4_999 }, (_, index) => followers.follow(`j${index}`, 0));
  expect(() => followers.follow("j", 0)).toThrow(
    expect.objectContaining({ code: "POOL_SATURATED", retryAfterSeconds: 5 }),
  );
  for (const one of [follower, ...others]) followers.leave(one);
  expect(await size()).toBe(0);
});
