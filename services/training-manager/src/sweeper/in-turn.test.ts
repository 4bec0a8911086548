import { expect, test } from "vitest";
import { inTurn } from "./in-turn.ts";

test("one that fails does not keep the others from their turn, and is not passed over in silence", async () => {
  const done: number[] = [];
  const work = async (item: number): Promise<void> => {
    if (item === 2) throw new Error("two");
    done.push(item);
  };
  await expect(inTurn([1, 2, 3], work)).rejects.toThrow("two");
  expect(done).toEqual([1, 3]);
  await inTurn([4], work);
  expect(done).toEqual([1, 3, 4]);
});
