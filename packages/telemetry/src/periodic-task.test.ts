import { expect, test } from "vitest";
import { currentContext } from "./context.ts";
import { createLogger } from "./logger.ts";
import { PeriodicTask } from "./periodic-task.ts";

/** A task that runs as often as it can; `outcomes` says what becomes of each run, true = success. */
function task(outcomes: readonly boolean[]) {
  const lines: { level: string; msg: string }[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let runs = 0;
  const periodic = new PeriodicTask({
    name: "test",
    everyMs: 0,
    deadlineMs: 1_000,
    logger: createLogger({ service: "test", level: "info", destination: { write } }),
    run: async () => {
      const outcome = outcomes[runs++];
      // The run after the last that is said has been judged.
      if (runs === outcomes.length + 2) resolve();
      if (outcome !== true) throw new Error("no");
    },
  });
  return { periodic, lines, done };
}

test("an outage is logged when it begins and when it ends", async () => {
  const { periodic, lines, done } = task([true, false, false, true, true]);
  periodic.start();
  periodic.start();
  await done;
  await periodic.stop();
  expect(lines.map(({ level }) => level)).toEqual(["error", "info", "error"]);
});

test("stopping gives up the run in hand, waits for its end and may be repeated", async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const lines: string[] = [];
  let ended = false;
  const periodic = new PeriodicTask({
    name: "test",
    everyMs: 0,
    deadlineMs: 1_000,
    logger: createLogger({ service: "test", destination: { write: (line) => lines.push(line) } }),
    run: async () => {
      const { signal } = currentContext()!;
      const { promise, reject } = Promise.withResolvers<void>();
      signal!.addEventListener("abort", () => reject(signal!.reason as Error));
      begin();
      await promise.finally(() => (ended = true));
    },
  });
  periodic.start();
  await begun;
  await Promise.all([periodic.stop(), periodic.stop()]);
  expect(ended).toBe(true);
  expect(lines).toEqual([]);
});
