import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished, expect, test } from "vitest";

interface Started {
  readonly child: ChildProcess;
  readonly log: () => string;
  /** Its exit code and signal. */
  readonly exit: Promise<unknown[]>;
}

/** A process that runs `setup` and then until a signal; resolves when it is up. */
async function startProcess(setup: string): Promise<Started> {
  const program = `
    import { createLogger } from "@sluice/telemetry";
    import { runUntilSignal } from ${JSON.stringify(new URL("./run-until-signal.ts", import.meta.url))};
    const logger = createLogger({ service: "demo", level: "info" });
    setInterval(() => undefined, 1000);
    let close = async () => undefined;
    ${setup}
    runUntilSignal({ close }, logger);
    logger.info("up");`;
  const cwd = new URL("..", import.meta.url);
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "close");
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  await expect.poll(() => text, { timeout: 10_000 }).toContain('"up"');
  return { child, exit, log: () => text };
}

test("a signal closes the service and exits with 0", async () => {
  const { child, exit, log } = await startProcess(
    "close = async () => logger.info('closed in order');",
  );
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
  expect(log()).toContain("closed in order");
  expect(log()).toContain("stopped");
});

test("a second signal does not wait", async () => {
  const { child, exit, log } = await startProcess("close = () => new Promise(() => undefined);");
  child.kill("SIGINT");
  await expect.poll(log).toContain("stopping");
  child.kill("SIGTERM");
  expect(await exit).toEqual([1, null]);
});

test.each([
  [
    "an unclean close",
    "close = async () => { throw new Error('stuck'); }; setImmediate(() => process.kill(process.pid));",
    "stuck",
  ],
  ["an uncaught exception", "setImmediate(() => { throw new Error('boom'); });", "boom"],
  ["an unhandled rejection", "setImmediate(() => Promise.reject(new Error('bang')));", "bang"],
])("%s is fatal and exits with 1", async (_what, setup, message) => {
  const { exit, log } = await startProcess(setup);
  expect(await exit).toEqual([1, null]);
  const fatal = log()
    .split("\n")
    .find((line) => line.includes('"fatal"'));
  expect(fatal).toContain(message);
});
