import { AsyncLocalStorage } from "node:async_hooks";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ReadCoalescer, type ReadCoalescerOptions } from "./read-coalescer.ts";

/** A store whose statements end when they are told to. */
function store(overrides: Partial<ReadCoalescerOptions<number, string>> = {}) {
  const statements: { keys: readonly number[]; signal: AbortSignal; answer: () => void }[] = [];
  const coalescer = new ReadCoalescer<number, string>({
    id: String,
    maxBatch: 100,
    isShared: () => false,
    read: async (keys, { signal }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      statements.push({ keys, signal, answer: resolve });
      await promise;
      return keys.map((key) => `value ${key}`);
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

test("keys asked for in one turn of the event loop go in one statement, each once", async () => {
  const { statements, coalescer } = store();
  const values = Promise.all([1, 2, 1, 3, 2].map((key) => coalescer.load(key)));
  await turn();
  expect(statements.map(({ keys }) => keys)).toEqual([[1, 2, 3]]);
  statements[0]!.answer();
  expect(await values).toEqual(["value 1", "value 2", "value 1", "value 3", "value 2"]);
});

test("while a statement is in flight the next keys gather", async () => {
  const { statements, coalescer, sent } = store();
  const first = coalescer.load(1);
  await turn();
  const later = [2, 3].map((key) => coalescer.load(key));
  await turn();
  expect(statements).toHaveLength(1);
  expect(coalescer.waiting).toBe(2);
  statements[0]!.answer();
  await first;
  await sent(2);
  statements[1]!.answer();
  expect(await Promise.all(later)).toEqual(["value 2", "value 3"]);
});

test("a key that is being read is read again for whoever asks now: it may have been written since", async () => {
  const { statements, coalescer, sent } = store();
  const early = coalescer.load(1);
  await turn();
  const late = coalescer.load(1);
  statements[0]!.answer();
  await early;
  await sent(2);
  expect(statements.map(({ keys }) => keys)).toEqual([[1], [1]]);
  statements[1]!.answer();
  expect(await late).toBe("value 1");
});

test("a batch is bounded, and the rest follows", async () => {
  const { statements, coalescer, sent } = store({ maxBatch: 2 });
  const values = Promise.all([1, 2, 3, 4, 5].map((key) => coalescer.load(key)));
  for (const [index, size] of [2, 2, 1].entries()) {
    await sent(index + 1);
    expect(statements.at(-1)!.keys).toHaveLength(size);
    statements.at(-1)!.answer();
  }
  expect(await values).toHaveLength(5);
});

test("one who leaves is told at once, and the others get their values", async () => {
  const { statements, coalescer } = store();
  const caller = new AbortController();
  const leaving = coalescer.load(1, { signal: caller.signal });
  const staying = coalescer.load(1);
  await turn();
  caller.abort(new Error("left"));
  await expect(leaving).rejects.toThrow("left");
  expect(statements[0]!.signal.aborted).toBe(false);
  statements[0]!.answer();
  expect(await staying).toBe("value 1");
});

test("when all have left, the statement is given up", async () => {
  const { statements, coalescer } = store();
  const callers = [1, 2].map(() => new AbortController());
  const loads = callers.map(({ signal }, key) => coalescer.load(key, { signal }));
  await turn();
  for (const caller of callers) caller.abort(new Error("left"));
  expect((await Promise.allSettled(loads)).map(({ status }) => status)).toEqual([
    "rejected",
    "rejected",
  ]);
  expect(statements[0]!.signal.aborted).toBe(true);
});

test("a key whose callers left before it was sent is not read", async () => {
  const { statements, coalescer } = store();
  const caller = new AbortController();
  const leaving = coalescer.load(1, { signal: caller.signal });
  caller.abort(new Error("left"));
  await expect(leaving).rejects.toThrow("left");
  await turn();
  expect(statements).toHaveLength(0);
});

test("only the keys that fail alone fail", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(200)),
      fc.uniqueArray(fc.nat(200)),
      async (keys, bad) => {
        const coalescer = new ReadCoalescer<number, number>({
          id: String,
          maxBatch: 1_000,
          isShared: () => false,
          read: async (batch) => {
            if (batch.some((key) => bad.includes(key))) throw new Error("bad row");
            return batch;
          },
        });
        const outcomes = await Promise.allSettled(keys.map((key) => coalescer.load(key)));
        expect(outcomes.map(({ status }) => status === "rejected")).toEqual(
          keys.map((key) => bad.includes(key)),
        );
      },
    ),
  );
});

test("a failure that is nobody's own is everybody's, and nothing is read again", async () => {
  let statements = 0;
  const { coalescer } = store({
    isShared: () => true,
    read: async () => {
      statements += 1;
      throw new Error("gone");
    },
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((key) => coalescer.load(key)));
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  expect(statements).toBe(1);
});

test("a batch runs in none of its callers' contexts", async () => {
  const context = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const { coalescer } = store({
    read: async (keys) => {
      seen.push(context.getStore());
      return keys.map(String);
    },
  });
  await Promise.all([1, 2].map((key) => context.run(`request ${key}`, () => coalescer.load(key))));
  expect(seen).toEqual([undefined]);
});

test("the batch may take as long as its most patient caller", async () => {
  const deadlines: (number | undefined)[] = [];
  const { coalescer } = store({
    read: async (keys, { deadline }) => {
      deadlines.push(deadline);
      return keys.map(String);
    },
  });
  await Promise.all([coalescer.load(1, { deadline: 10 }), coalescer.load(2, { deadline: 30 })]);
  await Promise.all([coalescer.load(1, { deadline: 10 }), coalescer.load(2)]);
  expect(deadlines).toEqual([30, undefined]);
});
