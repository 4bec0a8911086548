import { expect, test } from "vitest";
import { Limiter } from "./limiter.ts";

const limiter = (waiting: number, waitMs = 60_000): Limiter =>
  new Limiter({ running: 2, waiting, waitMs });

test("no more run at once than allowed, the others in order of arrival", async () => {
  const limited = limiter(100);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = async (index: number): Promise<void> => {
    order.push(index);
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running -= 1;
  };
  const indices = Array.from({ length: 20 }, (_, index) => index);
  await Promise.all(indices.map((index) => limited.run(() => work(index))));
  expect(most).toBe(2);
  expect(order).toEqual(indices);
});

test("a caller beyond the queue is refused at once, and the queue goes on", async () => {
  const limited = limiter(1);
  const gate = Promise.withResolvers<void>();
  const admitted = [1, 2, 3].map((index) => limited.run(() => gate.promise.then(() => index)));
  await expect(limited.run(async () => 4)).rejects.toMatchObject({ code: "POOL_SATURATED" });
  gate.resolve();
  expect(await Promise.all(admitted)).toEqual([1, 2, 3]);
  expect(await limited.run(async () => 5)).toBe(5);
});

test("a caller that waits too long leaves the queue", async () => {
  const limited = limiter(10, 5);
  const gate = Promise.withResolvers<void>();
  const running = [1, 2].map(() => limited.run(() => gate.promise));
  await expect(limited.run(async () => 3)).rejects.toMatchObject({ code: "POOL_TIMEOUT" });
  gate.resolve();
  await Promise.all(running);
  expect(await limited.run(async () => 4)).toBe(4);
});

test("work that fails gives its place back", async () => {
  const limited = limiter(0);
  const fail = (): Promise<never> => limited.run(() => Promise.reject(new Error("no")));
  for (let round = 0; round < 5; round++) await expect(fail()).rejects.toThrow("no");
  expect(await limited.run(async () => 1)).toBe(1);
});
