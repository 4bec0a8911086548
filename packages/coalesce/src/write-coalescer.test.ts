import fc from "fast-check";
import { expect, test } from "vitest";
import { type Write, WriteCoalescer, type WriteCoalescerOptions } from "./write-coalescer.ts";

interface Statement {
  readonly writes: readonly { key: number; value: number }[];
  readonly commit: () => void;
}

type Options = WriteCoalescerOptions<number, number, string>;

/** A store whose statements commit when they are told to. */
function store(overrides: Partial<Options> = {}) {
  const statements: Statement[] = [];
  const coalescer = new WriteCoalescer<number, number, string>({
    id: String,
    maxBatch: 100,
    isShared: () => false,
    write: async (writes) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const snapshot = writes.map(({ key, value }) => ({ key, value }));
      statements.push({ writes: snapshot, commit: resolve });
      await promise;
      return snapshot.map(({ key, value }) => `${key} = ${value}`);
    },
    ...overrides,
  });
  /** Waits for the n-th statement. */
  const sent = async (count: number): Promise<void> => {
    while (statements.length < count) await turn();
  };
  return { statements, coalescer, sent };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("of each key only the newest value is written, and everybody learns what became of it", async () => {
  const { statements, coalescer } = store();
  const answers = Promise.all([
    coalescer.submit(2, 20),
    coalescer.submit(1, 10),
    coalescer.submit(2, 21),
  ]);
  await turn();
  expect(statements[0]!.writes).toEqual([
    { key: 2, value: 21 },
    { key: 1, value: 10 },
  ]);
  statements[0]!.commit();
  expect(await answers).toEqual(["2 = 21", "1 = 10", "2 = 21"]);
});

test("nobody is answered before the commit, and one batch is in flight at a time", async () => {
  const { statements, coalescer, sent } = store();
  let answered = false;
  const first = coalescer.submit(1, 1).then(() => (answered = true));
  await turn();
  const second = coalescer.submit(1, 2);
  await turn();
  expect({ answered, statements: statements.length }).toEqual({ answered: false, statements: 1 });
  statements[0]!.commit();
  await first;
  await sent(2);
  statements[1]!.commit();
  expect(await second).toBe("1 = 2");
});

test("two values of a key are merged as the owner says", async () => {
  const { statements, coalescer } = store({ merge: Math.max });
  const answers = Promise.all([coalescer.submit(1, 5), coalescer.submit(1, 3)]);
  await turn();
  statements[0]!.commit();
  expect(await answers).toEqual(["1 = 5", "1 = 5"]);
});

test("a batch is bounded, and the rest follows; then the coalescer is idle", async () => {
  let idle = 0;
  const { statements, coalescer, sent } = store({ maxBatch: 2, onIdle: () => (idle += 1) });
  const answers = Promise.all([1, 2, 3].map((key) => coalescer.submit(key, 0)));
  await sent(1);
  statements[0]!.commit();
  await sent(2);
  expect(statements.map(({ writes }) => writes.length)).toEqual([2, 1]);
  expect(idle).toBe(0);
  statements[1]!.commit();
  await answers;
  await turn();
  expect(idle).toBe(1);
});

test("a write whose caller left is carried out", async () => {
  const { promise: idle, resolve: onIdle } = Promise.withResolvers<void>();
  const { statements, coalescer } = store({ onIdle });
  const caller = new AbortController();
  const leaving = coalescer.submit(1, 10, { signal: caller.signal });
  caller.abort(new Error("left"));
  await expect(leaving).rejects.toThrow("left");
  await turn();
  expect(statements[0]!.writes).toEqual([{ key: 1, value: 10 }]);
  statements[0]!.commit();
  await idle;
});

test("only the keys that fail alone fail", async () => {
  const written = new Set<number>();
  const { coalescer } = store({
    write: async (writes: readonly Write<number, number>[]) => {
      if (writes.some(({ value }) => value < 0)) throw new Error("bad value");
      for (const { key } of writes) written.add(key);
      return writes.map(({ key }) => `wrote ${key}`);
    },
  });
  const values = [1, -1, 2, 3, -2, 4];
  const outcomes = await Promise.allSettled(
    values.map((value, key) => coalescer.submit(key, value)),
  );
  expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value)).toEqual(
    values.map((value, key) => value >= 0 && `wrote ${key}`),
  );
  expect([...written].toSorted()).toEqual([0, 2, 3, 5]);
});

test("whatever is submitted when, everybody is answered after the commit of their value or a newer one", async () => {
  const submission = fc.record({ key: fc.nat(5), value: fc.nat(1_000), pause: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(submission), async (submissions) => {
      const committed = new Map<number, number>();
      const { coalescer } = store({
        maxBatch: 3,
        merge: Math.max,
        write: async (writes) => {
          await turn();
          for (const { key, value } of writes)
            committed.set(key, Math.max(value, committed.get(key) ?? 0));
          return writes.map(({ key }) => String(key));
        },
      });
      const answered: Promise<void>[] = [];
      for (const { key, value, pause } of submissions) {
        const written = coalescer.submit(key, value).then((answer) => {
          expect(answer).toBe(String(key));
          expect(committed.get(key)).toBeGreaterThanOrEqual(value);
        });
        answered.push(written);
        if (pause) await turn();
      }
      await Promise.all(answered);
    }),
    { numRuns: 50 },
  );
});
