import type { Home } from "./home.ts";
import type { PartSpec } from "./part-spec.ts";
import { type RecordedPart, type SupervisorState, writeState } from "./state-file.ts";
import { describeStack, type StackFacts, writeStack } from "./stack-file.ts";

/** Keeps supervisor.json and stack.json true while pids change. One write at a time, in the order of the changes. */
export class Records {
  readonly #home: Home;
  /** In the order of the first start; undefined while a part is down. */
  readonly #parts: Record<string, RecordedPart | undefined> = {};
  readonly #lastPids: Record<string, number> = {};
  #phase: SupervisorState["phase"] = "starting";
  #facts: Omit<StackFacts, "pids"> | undefined;
  #writes: Promise<void> = Promise.resolve();

  constructor(home: Home) {
    this.#home = home;
  }

  /** Notes the pid of a part; undefined: it does not run any more. */
  async setPid({ name, word, stopSignal }: PartSpec, pid: number | undefined): Promise<void> {
    this.#parts[name] = pid === undefined ? undefined : { pid, word, stopSignal };
    if (pid !== undefined) this.#lastPids[name] = pid;
    await this.#write();
  }

  /** Notes that all parts serve, and begins to write stack.json. */
  async setReady(facts: Omit<StackFacts, "pids">): Promise<void> {
    this.#facts = facts;
    await this.setPhase("ready");
  }

  async setPhase(phase: SupervisorState["phase"]): Promise<void> {
    this.#phase = phase;
    await this.#write();
  }

  /** Resolves when everything noted so far is written. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  #write(): Promise<void> {
    const state = { phase: this.#phase, parts: running(this.#parts) };
    const stack = this.#facts && describeStack({ ...this.#facts, pids: { ...this.#lastPids } });
    const previous = this.#writes.catch(() => undefined); // whoever asked for it has heard
    this.#writes = previous.then(async () => {
      if (stack !== undefined) await writeStack(this.#home, stack);
      await writeState(this.#home, state);
    });
    return this.#writes;
  }
}

function running(
  parts: Readonly<Record<string, RecordedPart | undefined>>,
): Record<string, RecordedPart> {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, part]) => (part === undefined ? [] : [[name, part]])),
  );
}
