import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Home, homeOf } from "./home.ts";
import { releaseLock, runningSupervisor, takeLock } from "./lock.ts";

let home: Home;
beforeEach(() => {
  home = homeOf({ SLUICE_HOME: mkdtempSync(join(tmpdir(), "sluice-lock-")) });
});
afterEach(() => rmSync(home.root, { recursive: true }));

test("a home has one holder, until it is released", async () => {
  expect(await takeLock(home)).toBe(true);
  await releaseLock(home);
  expect(existsSync(home.lockFile)).toBe(false);
  expect(await takeLock(home)).toBe(true);
});

test("the lock of a process that is no supervisor of this home is taken over", async () => {
  writeFileSync(home.lockFile, `${process.ppid}\n`);
  expect(await runningSupervisor(home)).toBeUndefined();
  expect(await takeLock(home)).toBe(true);
});
