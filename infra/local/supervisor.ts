import { RELEASE, report } from "./channel.ts";
import { homeOf, makeHome } from "./home.ts";
import { LocalStack } from "./local-stack.ts";
import { releaseLock, takeLock } from "./lock.ts";
import { rotateLogs } from "./logs.ts";

/** The process that starts the parts of one home and keeps them running. It is started by start.ts. */

const home = homeOf(process.env);
await makeHome(home);

function say(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  report({ kind: "news", line });
}

if (await takeLock(home)) await supervise();
else report({ kind: "taken" });
if (process.connected === true) process.disconnect?.();

async function supervise(): Promise<void> {
  await rotateLogs(home);
  const stack = new LocalStack(home, process.env, say);
  const stopped = stopOnRequest(stack);
  try {
    await stack.start();
    report({ kind: "ready" });
    say(`ready (supervisor ${process.pid})`);
    await stopped;
  } catch (error) {
    await stack.stop();
    fail(error);
  } finally {
    await releaseLock(home);
  }
}

/** The first signal stops the stack, the second forces it; so does losing whoever waits for it. */
function stopOnRequest(stack: LocalStack): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let asked = false;
  const stop = (): void => {
    if (asked) return stack.force();
    asked = true;
    stack.stop().then(resolve, reject);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  process.on("disconnect", stop);
  process.on("message", (message) => {
    if (message === RELEASE) process.off("disconnect", stop);
  });
  process.on("uncaughtException", (error) => {
    fail(error);
    stop();
  });
  return promise;
}

function fail(error: unknown): void {
  const message = describe(error);
  process.stdout.write(`${new Date().toISOString()} failed: ${message}\n`);
  report({ kind: "failed", message });
  process.exitCode = 1;
}

/** Errors say in their message what to do; only of our own faults the place is of interest. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug =
    error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isBug ? (error.stack ?? error.message) : error.message;
}
