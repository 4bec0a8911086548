import { randomUUID } from "node:crypto";
import { readStack } from "@sluice/testing";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import type { Bed } from "../bed/bed.ts";
import { type Answered, startLoad } from "../load.ts";
import { type Checker, CLIENT_TIMEOUT_MS } from "./checker.ts";
import { faultsOfLedger, forgetGate, keptSettings, openChanges } from "./change-ledger.ts";
import { unless } from "./unless.ts";

/** A gate that is large enough whatever is tried with it. */
const TARGET = { service: "data-loader", pool: "import" } as const;
const { max_waiters: MAX_WAITERS } = selectProfile(loadWorkloads(), "local").workloads.import;
/** Diagnostics from samples, and who leads. */
const LAYERS = ["pools", "connections", "locks", "gates", "budget", "system", "autoscaler"];
const PAUSE_MS = 150;
/** A sample that is older says since when looks have failed: the slowest look is taken every 10 s, and may take 5. */
const SAMPLE_MS = 30_000;
/** A dead leader's lease runs out, a tick passes, and the next one ends what it finds: many times. */
const LEADER_MS = 120_000;
const BEFORE_ALL = "1970-01-01T00:00:00Z";

interface Answer extends Answered {
  readonly body: {
    readonly code?: string;
    readonly id?: string;
    readonly finished_at?: string | null;
    readonly leader_until?: string | null;
    readonly sampled_at?: string;
    readonly failing_since?: string | null;
  };
}

/**
 * Each acknowledged change is once in the ledger and came to an end, nothing in it is half done, and the gate has what it
 * says; somebody leads; diagnostics are fresh or say that they are not.
 */
export async function checkOps(bed: Bed): Promise<Checker> {
  const control = new Control(() => bed.origin("ops"));
  const looking = startLoad(1, () => control.look(), PAUSE_MS);
  const changing = startLoad(1, () => control.change(), PAUSE_MS);
  const gate = async (): Promise<number> => {
    const response = await fetch(`${bed.internal(TARGET.service)}/gates`);
    const gates = (await response.json()) as Record<string, Record<string, number>>;
    return gates[TARGET.pool]!["max_waiters"]!;
  };
  const isAsKept = async (): Promise<boolean> =>
    (await gate()) === ((await keptSettings(TARGET))["max_waiters"] ?? MAX_WAITERS);
  const finish = async (): Promise<readonly string[]> => {
    await Promise.all([looking.stop(), changing.stop()]);
    const ended = await Promise.all([
      unless("somebody leads", await control.renewal(), LEADER_MS),
      unless("no change is open", async () => (await openChanges()) === 0, LEADER_MS),
    ]);
    const broken = [
      ...control.broken,
      ...ended.flat(),
      ...(await unless("the gate has what was kept", isAsKept, LEADER_MS)),
      ...(await faultsOfLedger(control.acknowledged)),
    ];
    await forgetGate(TARGET);
    return broken;
  };
  return {
    loads: { diagnostics: looking, "configuration changes": changing },
    probes: { ops: () => control.read("autoscaler") },
    finish,
  };
}

class Control {
  readonly broken: string[] = [];
  /** Ids by reasons, which nobody else gives. */
  readonly acknowledged = new Map<string, string>();
  readonly #origin: () => string;
  readonly #run = randomUUID();
  #looks = 0;
  #open: string | undefined;

  constructor(origin: () => string) {
    this.#origin = origin;
  }

  /** Reads one layer after the other. */
  async look(): Promise<Answer> {
    const layer = LAYERS[this.#looks++ % LAYERS.length]!;
    const answer = await this.read(layer);
    const { sampled_at, failing_since } = answer.body;
    const age = sampled_at === undefined ? 0 : Date.now() - Date.parse(sampled_at);
    if (age > SAMPLE_MS && failing_since === null)
      this.broken.push(`${layer}: ${age} ms old, and does not say so`);
    return answer;
  }

  read(layer: string): Promise<Answer> {
    return this.#send("GET", layer);
  }

  /** Asks for a change until it is acknowledged, then follows it to its end. */
  async change(): Promise<Answer> {
    if (this.#open === undefined) return this.#ask();
    const answer = await this.#send("GET", `config-changes/${this.#open}`);
    if (answer.status === 200 && answer.body.finished_at !== null) this.#open = undefined;
    return answer;
  }

  async #ask(): Promise<Answer> {
    const reason = `${this.#run}-${this.acknowledged.size}`;
    const settings = { max_waiters: MAX_WAITERS - 1 - (this.acknowledged.size % 2) };
    const change = { target: TARGET, settings, reason, expected_effect: "none", window_seconds: 1 };
    const answer = await this.#send("POST", "config-changes", change, reason);
    if (answer.status !== 202) return answer;
    this.#open = answer.body.id!;
    this.acknowledged.set(reason, this.#open);
    return answer;
  }

  /** @returns whether the lease was renewed or taken since: only somebody who lives does that */
  async renewal(): Promise<() => Promise<boolean>> {
    const until = async (): Promise<number> =>
      Date.parse((await this.read("autoscaler")).body.leader_until ?? BEFORE_ALL);
    const before = await until();
    return async () => (await until()) > before;
  }

  async #send(method: string, path: string, body?: object, key?: string): Promise<Answer> {
    const response = await fetch(`${this.#origin()}/v1/ops/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${readStack().keys.platform}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
    });
    const answer = (await response.json()) as Answer["body"];
    const { status, headers } = response;
    return { status, headers, body: answer, json: () => ({ code: answer.code! }) };
  }
}
