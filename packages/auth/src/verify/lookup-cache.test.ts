import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LookupCache, type LookupCacheOptions } from "./lookup-cache.ts";

const WIDE = { running: 100, waiting: 1_000, waitMs: 60_000 };

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** A cache over a table that the test changes, which counts its look-ups. */
function cacheOver(table: Map<string, string>, options: Partial<LookupCacheOptions<string>> = {}) {
  const looked: string[] = [];
  const load = async (key: string): Promise<string | undefined> => {
    looked.push(key);
    await Promise.resolve();
    return table.get(key);
  };
  const cache = new LookupCache<string>({
    ttlMs: 10_000,
    jitter: 0.3,
    missTtlMs: 1_000,
    maxEntries: 100,
    known: WIDE,
    unknown: WIDE,
    load,
    ...options,
  });
  return { cache, looked };
}

test("a storm of one key makes one look-up", async () => {
  const { cache, looked } = cacheOver(new Map([["a", "1"]]));
  const answers = await Promise.all(Array.from({ length: 1_000 }, async () => cache.get("a")));
  expect(new Set(answers)).toEqual(new Set(["1"]));
  expect(looked).toEqual(["a"]);
});

test("no value is served beyond its time", async () => {
  const table = new Map([["a", "1"]]);
  const { cache } = cacheOver(table);
  await cache.get("a");
  table.set("a", "2");
  expect(await cache.get("a")).toBe("1");
  vi.advanceTimersByTime(10_000);
  expect(await cache.get("a")).toBe("2");
});

test("age counts from before the look-up, however long that takes", async () => {
  const table = new Map([["a", "1"]]);
  const read = async (key: string): Promise<string | undefined> => {
    const value = table.get(key);
    vi.advanceTimersByTime(9_000);
    return value;
  };
  const { cache } = cacheOver(table, { load: read, jitter: 0 });
  await cache.get("a");
  table.set("a", "2");
  vi.advanceTimersByTime(1_000);
  expect(await cache.get("a")).toBe("2");
});

test("entries read together do not expire together", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `k${index}`);
  const { cache, looked } = cacheOver(new Map(names.map((name) => [name, name])));
  await Promise.all(names.map(async (name) => cache.get(name)));
  vi.advanceTimersByTime(8_500);
  await Promise.all(names.map(async (name) => cache.get(name)));
  const expired = looked.length - names.length;
  expect(expired).toBeGreaterThan(10);
  expect(expired).toBeLessThan(90);
});

test("a miss is remembered briefly", async () => {
  const table = new Map<string, string>();
  const { cache, looked } = cacheOver(table);
  expect([await cache.get("a"), await cache.get("a")]).toEqual([undefined, undefined]);
  expect(looked).toEqual(["a"]);
  table.set("a", "1");
  vi.advanceTimersByTime(1_000);
  expect(await cache.get("a")).toBe("1");
});

test("a failure is not remembered, and all who waited are told", async () => {
  let isDown = true;
  const load = async (): Promise<string> => {
    if (isDown) throw new Error("down");
    return "1";
  };
  const { cache } = cacheOver(new Map(), { load });
  const answers = await Promise.allSettled([cache.get("a"), cache.get("a")]);
  expect(answers.map((answer) => answer.status)).toEqual(["rejected", "rejected"]);
  isDown = false;
  expect(await cache.get("a")).toBe("1");
});

test("a stale value is not served when it cannot be read anew", async () => {
  const table = new Map([["a", "1"]]);
  let isDown = false;
  const load = async (key: string): Promise<string | undefined> => {
    if (isDown) throw new Error("down");
    return table.get(key);
  };
  const { cache } = cacheOver(table, { load });
  await cache.get("a");
  isDown = true;
  vi.advanceTimersByTime(10_000);
  await expect(cache.get("a")).rejects.toThrow("down");
});

test.each(["drop", "clear"] as const)(
  "%s forgets values, misses and look-ups under way",
  async (forget) => {
    const table = new Map([["a", "1"]]);
    const { cache } = cacheOver(table);
    await Promise.all([cache.get("a"), cache.get("b")]);
    table.set("a", "2").set("b", "2");
    for (const name of ["a", "b"]) cache[forget](name);
    expect([await cache.get("a"), await cache.get("b")]).toEqual(["2", "2"]);

    const old = Promise.withResolvers<string>();
    const slow = cacheOver(new Map(), {
      load: vi.fn().mockReturnValueOnce(old.promise).mockResolvedValue("new"),
    }).cache;
    const first = slow.get("a");
    slow[forget]("a");
    const second = slow.get("a");
    old.resolve("old");
    expect([await first, await second, await slow.get("a")]).toEqual(["old", "new", "new"]);
  },
);

test("it holds no more than its bound, and keeps what is used", async () => {
  const table = new Map(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, "v"]));
  const { cache, looked } = cacheOver(table, { maxEntries: 10 });
  for (const name of table.keys()) {
    await cache.get("k0");
    await cache.get(name);
  }
  expect(cache.size).toBe(10);
  expect(looked.filter((name) => name === "k0")).toHaveLength(1);
});

test("invented keys neither push out real ones nor stand in their way", async () => {
  const flood = Promise.withResolvers<string | undefined>();
  const load = (key: string): Promise<string | undefined> =>
    key === "real" ? Promise.resolve("1") : flood.promise;
  const { cache } = cacheOver(new Map(), {
    load,
    maxEntries: 10,
    unknown: { running: 2, waiting: 100, waitMs: 60_000 },
  });
  await cache.get("real");
  const invented = Array.from({ length: 102 }, async (_, index) => cache.get(`invented${index}`));
  await expect(cache.get("one too many")).rejects.toMatchObject({ code: "POOL_SATURATED" });
  vi.advanceTimersByTime(10_000);
  expect(await cache.get("real")).toBe("1");
  cache.drop("real");
  expect(await cache.get("real")).toBe("1");
  flood.resolve(undefined);
  await Promise.all(invented);
  expect(cache.size).toBe(11);
});
