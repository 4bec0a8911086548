import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PartSpec } from "./part-spec.ts";
import { Part } from "./part.ts";
import { isAlive } from "./process-table.ts";
import { until } from "./until.ts";

let folder: string;
let part: Part | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-part-"));
});
afterEach(async () => {
  await part?.stop();
  rmSync(folder, { recursive: true });
});

/** A Node process that runs `script`; it serves when its log says "up". */
function specOf(script: string, changes: Partial<PartSpec> = {}): PartSpec {
  const logFile = join(folder, "part.log");
  const isUp = async (): Promise<true | undefined> =>
    readFileSync(logFile, "utf8").includes("up") ? true : undefined;
  return {
    name: "part",
    file: process.execPath,
    args: ["-e", script],
    cwd: folder,
    account: undefined,
    word: script,
    logFile,
    ready: async (signal) => {
      await until(isUp, { everyMs: 10, signal });
    },
    startTimeoutMs: 10_000,
    stopSignal: "SIGTERM",
    forceSignal: "SIGKILL",
    stopTimeoutMs: 5_000,
    ...changes,
  };
}

const SERVE = "console.log('up'); setInterval(() => {}, 1000)";

/** Starts the part, and collects its pids and its news. */
async function start(spec: PartSpec): Promise<{ pids: (number | undefined)[]; news: string[] }> {
  const pids: (number | undefined)[] = [];
  const news: string[] = [];
  part = new Part(spec, {
    onPid: async (pid) => void pids.push(pid),
    onNews: (line) => void news.push(line),
  });
  await part.start();
  return { pids, news };
}

test("a part serves after its start and has ended after its stop", async () => {
  const { pids } = await start(specOf(SERVE));
  const [pid = 0] = pids;
  expect(await isAlive(pid)).toBe(true);
  await part?.stop();
  await part?.stop();
  expect(await isAlive(pid)).toBe(false);
  expect(pids).toEqual([pid, undefined]);
});

test("a part that dies is started again, and both are told", async () => {
  const { pids, news } = await start(specOf(SERVE));
  process.kill(pids[0] ?? 0, "SIGKILL");
  const signal = AbortSignal.timeout(5_000);
  await until(async () => news.find((line) => line.includes("ready again")), {
    everyMs: 10,
    signal,
  });
  expect(news[0]).toBe("part died (SIGKILL); starting it again now");
  expect(part?.pid).not.toBe(pids[0]);
  expect(pids.at(-1)).toBe(part?.pid);
});

test("a part that ends instead of serving fails with the end of its log", async () => {
  const spec = specOf("console.error('the disk is full'); process.exit(3)");
  await expect(start(spec)).rejects.toThrow(
    /part did not start: it ended: exit code 3\n.*\n {2}\| the disk is full/,
  );
});

test("a part that never serves fails at its deadline and is ended", async () => {
  const spec = specOf("setInterval(() => {}, 1000)", { startTimeoutMs: 200 });
  await expect(start(spec)).rejects.toThrow(/part did not start: it did not answer within 200 ms/);
  expect(part?.pid !== undefined && (await isAlive(part.pid))).toBe(false);
});

test("a part that ignores its stop signal is ended by force at its deadline", async () => {
  const stubborn = `process.on('SIGTERM', () => {}); ${SERVE}`;
  const { pids } = await start(specOf(stubborn, { stopTimeoutMs: 100 }));
  await part?.stop();
  expect(await isAlive(pids[0] ?? 0)).toBe(false);
});
