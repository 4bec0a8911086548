import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, expect, test } from "vitest";
import {
  commandLine,
  isAlive,
  isOurs,
  listWorkingIn,
  signal,
  waitForExit,
} from "./process-table.ts";

const children: ChildProcess[] = [];

/** A process that waits for its end, with `word` on its command line. */
async function idle(word: string, cwd = "/"): Promise<number> {
  const child = spawn(
    process.execPath,
    ["-e", "console.log(1); setInterval(() => {}, 1000)", "--", word],
    { cwd },
  );
  children.push(child);
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

test("a process is known by a word on its command line, not by its id alone", async () => {
  const pid = await idle("--home=/tmp/one");
  expect(await commandLine(pid)).toContain("--home=/tmp/one");
  expect(await isOurs(pid, "--home=/tmp/one")).toBe(true);
  expect(await isOurs(pid, "--home=/tmp/two")).toBe(false);
});

test("the end of a process is waited for, up to a deadline", async () => {
  const pid = await idle("x");
  expect(await waitForExit(pid, 50)).toBe(false);
  signal(pid, "SIGKILL");
  expect(await waitForExit(pid, 5_000)).toBe(true);
  expect(await isAlive(pid)).toBe(false);
  expect(() => signal(pid, "SIGTERM")).not.toThrow();
});

test.runIf(process.platform === "linux")(
  "the processes that work in a folder are found",
  async () => {
    const folder = realpathSync(tmpdir());
    const pid = await idle("x", folder);
    expect(await listWorkingIn(folder)).toContain(pid);
  },
);
