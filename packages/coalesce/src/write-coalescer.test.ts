import fc from "fast-check";
import { expect, test } from "vitest";
import { type Write, WriteCoalescer, type WriteCoalescerOptions } from "./write-coalescer.ts";

interface Statement {
  readonly writes: readonly { key: number; value: number }[];
  readonly commit: (held?: string[]) => void;
}

function store(overrides: Partial<WriteCoalescerOptions<number, number>> = {}) {
  const statements: Statement[] = [];
  const committed = new Map<number, number>();
  const coalescer = new WriteCoalescer<number, number>({
    id: String,
    compare: (a, b) => a - b,
    maxBatch: 100,
    isShared: () => false,
    heldPauseMs: 0,
    write: async (writes) => {
      const { promise, resolve } = Promise.withResolvers<string[]>();
      const snapshot = writes.map(({ key, value }) => ({ key, value }));
      statements.push({ writes: snapshot, commit: (held = []) => resolve(held) });
      const held = new Set(await promise);
      for (const { key, value } of snapshot) if (!held.has(String(key))) committed.set(key, value);
      return held;
    },
    ...overrides,
  });
  /** Waits for the n-th statement. */
  const sent = async (count: number): Promise<void> => {
    while (statements.length < count) await turn();
  };
  return { statements, committed, coalescer, sent };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("of each key only the newest value is written, in key order, and everybody is acknowledged", async () => {
  const { statements, coalescer } = store();
  const acknowledged = Promise.all([
    coalescer.submit(2, 20),
    coalescer.submit(1, 10),
    coalescer.submit(2, 21),
  ]);
  await turn();
  expect(statements[0]!.writes).toEqual([
    { key: 1, value: 10 },
    { key: 2, value: 21 },
  ]);
  statements[0]!.commit();
  await acknowledged;
});

test("nobody is acknowledged before the commit, and one batch is in flight at a time", async () => {
  const { statements, coalescer, sent } = store();
  let acknowledged = false;
  const first = coalescer.submit(1, 1).then(() => (acknowledged = true));
  await turn();
  const second = coalescer.submit(1, 2);
  await turn();
  expect({ acknowledged, statements: statements.length }).toEqual({
    acknowledged: false,
    statements: 1,
  });
  statements[0]!.commit();
  await first;
  await sent(2);
  statements[1]!.commit();
  await second;
});

test("an older value that comes later does not replace a newer one", async () => {
  const { statements, coalescer } = store({ isNewer: (candidate, current) => candidate > current });
  const acknowledged = Promise.all([coalescer.submit(1, 5), coalescer.submit(1, 3)]);
  await turn();
  expect(statements[0]!.writes).toEqual([{ key: 1, value: 5 }]);
  statements[0]!.commit();
  await acknowledged;
});

test("a key that is held elsewhere goes again, unless a newer value has replaced it", async () => {
  const { statements, coalescer, sent } = store();
  const acknowledged = Promise.all([coalescer.submit(1, 10), coalescer.submit(2, 20)]);
  await turn();
  const newer = coalescer.submit(1, 11);
  statements[0]!.commit(["1"]);
  await sent(2);
  expect(statements[1]!.writes).toEqual([{ key: 1, value: 11 }]);
  statements[1]!.commit();
  await Promise.all([acknowledged, newer]);
});

test("a write whose caller left is carried out", async () => {
  const { statements, committed, coalescer } = store();
  const caller = new AbortController();
  const leaving = coalescer.submit(1, 10, { signal: caller.signal });
  caller.abort(new Error("left"));
  await expect(leaving).rejects.toThrow("left");
  await turn();
  statements[0]!.commit();
  await coalescer.drained();
  expect(committed.get(1)).toBe(10);
});

test("only the keys that fail alone fail", async () => {
  const written = new Set<number>();
  const { coalescer } = store({
    write: async (writes: readonly Write<number, number>[]) => {
      if (writes.some(({ value }) => value < 0)) throw new Error("bad value");
      for (const { key } of writes) written.add(key);
      return new Set<string>();
    },
  });
  const values = [1, -1, 2, 3, -2, 4];
  const outcomes = await Promise.allSettled(
    values.map((value, key) => coalescer.submit(key, value)),
  );
  expect(outcomes.map(({ status }) => status === "rejected")).toEqual(
    values.map((value) => value < 0),
  );
  expect([...written].toSorted()).toEqual([0, 2, 3, 5]);
});

test("whatever is submitted and held when, each key ends with its newest value and nobody waits for ever", async () => {
  const submission = fc.record({ key: fc.nat(5), value: fc.nat(1_000), pause: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(submission), fc.array(fc.boolean()), async (submissions, holds) => {
      const committed = new Map<number, number>();
      let call = 0;
      const { coalescer } = store({
        maxBatch: 3,
        isNewer: (candidate, current) => candidate >= current,
        write: async (writes) => {
          const held = new Set(
            writes.filter(() => holds[call++] === true).map(({ key }) => String(key)),
          );
          await turn();
          for (const { key, value } of writes) {
            if (held.has(String(key))) continue;
            committed.set(key, Math.max(value, committed.get(key) ?? 0));
          }
          return held;
        },
      });
      const acknowledged: Promise<void>[] = [];
      for (const { key, value, pause } of submissions) {
        const written = coalescer.submit(key, value).then(() => {
          expect(committed.get(key)).toBeGreaterThanOrEqual(value);
        });
        acknowledged.push(written);
        if (pause) await turn();
      }
      await Promise.all(acknowledged);
      await coalescer.drained();
      for (const { key, value } of submissions)
        expect(committed.get(key)).toBeGreaterThanOrEqual(value);
    }),
    { numRuns: 50 },
  );
});
