import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "./backoff.ts";
import { tailOf } from "./log-tail.ts";
import { PartFailedError, type PartEvents, type PartSpec } from "./part-spec.ts";

/** A process that is kept running: started again, with backoff, whenever it dies, until it is stopped. */
export class Part {
  readonly spec: PartSpec;
  readonly #events: PartEvents;
  readonly #backoff = new Backoff();
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #guard: Promise<void> | undefined;

  constructor(spec: PartSpec, events: PartEvents) {
    this.spec = spec;
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process and waits until it serves. @throws PartFailedError */
  async start(): Promise<void> {
    this.#guard = this.#keepRunning(await this.#launch());
  }

  /** Ends the process: politely, and by force after its deadline. Safe to call again, also before `start`. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error(`${this.spec.name} is being stopped`));
    const { stopSignal, forceSignal, stopTimeoutMs } = this.spec;
    if (!(await this.#end(stopSignal, stopTimeoutMs)) && !(await this.#end(forceSignal, 5_000))) {
      await this.#end("SIGKILL", 5_000);
    }
    await this.#guard;
  }

  /** Ends it at once, also while a `stop` waits. */
  force(): void {
    this.#stopping.abort(new Error(`${this.spec.name} is being stopped by force`));
    this.#child?.kill(this.spec.forceSignal);
  }

  async #keepRunning(readyAt: number): Promise<void> {
    let since = readyAt;
    while (!this.#stopping.signal.aborted) {
      const death = await this.#death();
      if (this.#stopping.signal.aborted) return;
      since = await this.#revive(death, performance.now() - since);
    }
  }

  /** Starts the part until it serves, or until it is stopped. Gives the time since which it serves. */
  async #revive(death: string, servedMs: number): Promise<number> {
    const { name } = this.spec;
    const delayMs = this.#backoff.nextDelayMs(servedMs);
    this.#events.onNews(
      `${name} died (${death}); starting it again ${delayMs === 0 ? "now" : `in ${delayMs} ms`}`,
    );
    const diedAt = performance.now();
    try {
      await sleep(delayMs, undefined, { signal: this.#stopping.signal });
      const readyAt = await this.#launch();
      this.#events.onNews(
        `${name} is ready again after ${Math.round(performance.now() - diedAt)} ms (pid ${this.pid})`,
      );
      return readyAt;
    } catch (error) {
      if (this.#stopping.signal.aborted) return performance.now();
      return await this.#revive(error instanceof Error ? error.message : String(error), 0);
    }
  }

  async #launch(): Promise<number> {
    const { spec } = this;
    await spec.prepare?.();
    this.#stopping.signal.throwIfAborted();
    const logFrom = await sizeOf(spec.logFile);
    const child = await this.#spawn();
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    child.once("exit", () => resolve());
    const watch = new AbortController();
    const late = new Error(`it did not answer within ${spec.startTimeoutMs} ms`);
    const timer = setTimeout(() => watch.abort(late), spec.startTimeoutMs);
    const ready = spec.ready(AbortSignal.any([watch.signal, this.#stopping.signal]));
    try {
      await Promise.race([
        ready,
        gone.then(() => Promise.reject(new Error(`it ended: ${ending(child)}`))),
      ]);
      return performance.now();
    } catch (error) {
      await this.#end(spec.stopSignal, 5_000);
      await this.#end("SIGKILL", 5_000);
      throw await this.#failure(error, logFrom);
    } finally {
      clearTimeout(timer);
      watch.abort();
      await ready.catch(() => undefined); // told above, or no longer of interest
    }
  }

  async #spawn(): Promise<ChildProcess> {
    const { file, args, env, cwd, account, logFile } = this.spec;
    const log = await open(logFile, "a", 0o600);
    try {
      // A session of its own: Ctrl-C in the terminal is for the one who stops the parts in order.
      const child = spawn(file, args, {
        cwd,
        env,
        ...account,
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      });
      await once(child, "spawn");
      this.#child = child;
      child.once("exit", () => {
        if (this.#child === child) void this.#events.onPid(undefined);
      });
      await this.#events.onPid(child.pid);
      return child;
    } finally {
      await log.close();
    }
  }

  /** Resolves with a description when the current process has ended. */
  async #death(): Promise<string> {
    const child = this.#child;
    if (child === undefined) return "it does not run";
    if (!hasEnded(child)) await once(child, "exit");
    return ending(child);
  }

  async #end(signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return true;
    const exit = once(child, "exit", { signal: AbortSignal.timeout(timeoutMs) });
    child.kill(signal);
    return await exit.then(
      () => true,
      () => hasEnded(child),
    );
  }

  async #failure(cause: unknown, logFrom: number): Promise<PartFailedError> {
    const { name, logFile } = this.spec;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const tail = await tailOf(logFile, 15, logFrom);
    const log =
      tail === ""
        ? `${logFile} says nothing about it.`
        : `The end of ${logFile}:\n${tail.replaceAll(/^/gm, "  | ")}`;
    return new PartFailedError(`${name} did not start: ${reason}\n${log}`, { cause });
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function ending({ exitCode, signalCode }: ChildProcess): string {
  return signalCode ?? `exit code ${exitCode}`;
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
