import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { readStack } from "@sluice/testing";

/** What workers that ask Sluice came to. */
export interface SluiceStorm extends AsyncDisposable {
  /** Answers by status. */
  readonly answers: ReadonlyMap<number, number>;
}

/** How long a worker computes between two batches. */
const THINKS_MS = 1_000;

/** The same workers, each with a connection of its own to feature-api, which asks for a batch a second. */
export function startThroughSluice(workers: number): SluiceStorm {
  const answers = new Map<number, number>();
  const agent = new Agent({ keepAlive: true, maxSockets: workers });
  const { services, keys } = readStack();
  const url = `${services["feature-api"]!.url}/v1/projects/demo/feature-views`;
  const headers = { authorization: `Bearer ${keys.demo}` };
  let ends = false;
  const work = async (worker: number): Promise<void> => {
    await sleep((worker / workers) * THINKS_MS);
    while (!ends) {
      const status = await ask(url, headers, agent);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      await sleep(THINKS_MS);
    }
  };
  const all = Array.from({ length: workers }, (_, worker) => work(worker));
  return {
    answers,
    async [Symbol.asyncDispose]() {
      ends = true;
      await Promise.all(all);
      agent.destroy();
    },
  };
}

/** @returns 0 where there was no answer */
function ask(url: string, headers: Record<string, string>, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    get(url, { headers, agent }, (response) => {
      response.resume().once("close", () => resolve(response.statusCode ?? 0));
    }).once("error", () => resolve(0));
  });
}
