import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RELEASE, type Report } from "./channel.ts";
import { type Home, REPOSITORY } from "./home.ts";
import { runningSupervisor } from "./lock.ts";
import { tailOf } from "./log-tail.ts";
import { readState } from "./state-file.ts";

/** Ctrl-C reaches us from the terminal, from npm and from the bootstrap: signals this close together are one. */
const SAME_SIGNAL_MS = 1_000;

/** How long somebody else's start is waited for. */
const OTHER_START_MS = 180_000;

export type Outcome =
  | { readonly kind: "ready" | "running already" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "stopped"; readonly code: number };

/** The supervisor as its parent sees it. */
export class SupervisorProcess {
  readonly #home: Home;
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  readonly #outcome: Promise<Outcome>;
  #asked = false;
  #lastSignalAt = Number.NEGATIVE_INFINITY;

  private constructor(home: Home, child: ChildProcess, say: (line: string) => void) {
    this.#home = home;
    this.#child = child;
    this.#exit = once(child, "exit").then(() => undefined);
    this.#outcome = this.#follow(say);
  }

  /** Starts a supervisor for the home, in a session of its own. Its signals come from us, in order. */
  static async launch(home: Home, say: (line: string) => void): Promise<SupervisorProcess> {
    const log = await open(join(home.logs, "supervisor.log"), "a", 0o600);
    try {
      const child = spawn(process.execPath, ["infra/local/supervisor.ts", `--home=${home.root}`], {
        cwd: REPOSITORY,
        env: { ...process.env, SLUICE_HOME: home.root },
        detached: true,
        stdio: ["ignore", log.fd, log.fd, "ipc"],
      });
      await once(child, "spawn");
      return new SupervisorProcess(home, child, say).#passSignals();
    } finally {
      await log.close();
    }
  }

  /** What became of the start. */
  async started(): Promise<Outcome> {
    return await this.#outcome;
  }

  /** Waits for the end; gives the exit code for whoever asked. */
  async ended(): Promise<number> {
    await this.#exit;
    return this.#asked && this.#child.exitCode === 0 ? 0 : 1;
  }

  /** Lets it go on alone. */
  release(): void {
    this.#child.send(RELEASE, () => this.#child.disconnect());
    this.#child.unref();
  }

  #passSignals(): this {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => this.#pass());
    return this;
  }

  #pass(): void {
    const now = performance.now();
    if (now - this.#lastSignalAt < SAME_SIGNAL_MS) return;
    this.#lastSignalAt = now;
    process.stdout.write(
      this.#asked ? "\n  stopping by force\n" : "\n  stopping (once more to force it)\n",
    );
    this.#asked = true;
    this.#child.kill("SIGTERM");
  }

  #follow(say: (line: string) => void): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#child.on("message", (report: Report) => {
      if (report.kind === "news") say(report.line);
      else if (report.kind === "taken") resolve(this.#waitForOther());
      else if (report.kind === "failed" && this.#asked) return; // it stopped because we asked it to
      else resolve(report);
    });
    void this.#exit.then(async () =>
      resolve(this.#asked ? { kind: "stopped", code: 130 } : await this.#unexplained()),
    );
    return promise;
  }

  async #unexplained(): Promise<Outcome> {
    const log = join(this.#home.logs, "supervisor.log");
    return {
      kind: "failed",
      message: `The supervisor ended (${this.#child.signalCode ?? this.#child.exitCode}). The end of ${log}:\n${await tailOf(log, 15)}`,
    };
  }

  /** Another supervisor has this home: waits until it is ready. */
  async #waitForOther(): Promise<Outcome> {
    const deadline = performance.now() + OTHER_START_MS;
    while (performance.now() < deadline && (await runningSupervisor(this.#home)) !== undefined) {
      if ((await readState(this.#home))?.phase === "ready") return { kind: "running already" };
      await sleep(100);
    }
    return {
      kind: "failed",
      message: `Another start in ${this.#home.root} did not become ready. See ${this.#home.logs}/supervisor.log`,
    };
  }
}
