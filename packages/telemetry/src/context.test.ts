import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { currentContext, runInContext } from "./index.ts";

test("a context follows its own awaits and nobody else's", async () => {
  const seen = async (requestId: string) =>
    runInContext({ requestId }, async () => {
      await setImmediate();
      return currentContext()?.requestId;
    });
  expect(await Promise.all([seen("a"), seen("b")])).toEqual(["a", "b"]);
  expect(currentContext()).toBeUndefined();
});
