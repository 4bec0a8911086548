import { readStack } from "@sluice/testing";
import { offer } from "../load/offer.ts";
import { runChild } from "../run-child.ts";
import type { Outcome, SqlPlan } from "./plan.ts";
import { BATCH_EVERY_S, BEAT_EVERY_S, WORKERS } from "./plan.ts";
import { type GateWaits, gateWaits } from "./gate-waits.ts";
import type { SluiceRequests } from "./sluice-requests.ts";

/** A way to run a training platform on PostgreSQL. */
export interface Platform {
  readonly name: string;
  run(jobs: number, seconds: number): Promise<Outcome>;
}

export function sqlPlatform(
  name: string,
  plan: Pick<SqlPlan, "style" | "url" | "samples">,
): Platform {
  const file = new URL("sql-worker.ts", import.meta.url);
  return {
    name,
    run: (jobs, seconds) => runChild(file, { ...plan, jobs, seconds } satisfies SqlPlan),
  };
}

/** Sluice, whose own gates tell how long statements waited for a connection. */
export function sluicePlatform(name: string, requests: SluiceRequests): Platform {
  return {
    name,
    run: async (jobs, seconds) => {
      const workers = jobs * WORKERS;
      const before = await gateWaits();
      const [beats, batches] = await Promise.all([
        offer({
          ...addressOf("training-manager"),
          seconds,
          flows: [
            {
              name: "beats",
              requests: requests.beats.slice(0, workers),
              rate: workers / BEAT_EVERY_S,
              connections: workers,
            },
          ],
        }),
        offer({
          ...addressOf("data-loader"),
          seconds,
          flows: [
            {
              name: "batches",
              requests: requests.batches,
              rate: workers / BATCH_EVERY_S,
              connections: workers,
            },
          ],
        }),
      ]);
      const flows = [beats.flows[0]!, batches.flows[0]!];
      return {
        tasks: flows.reduce((sum, { offered }) => sum + offered, 0),
        failed: flows.reduce((sum, { offered, answered }) => sum + offered - answered.count, 0),
        batches: flows[1]!.answered,
        waits: since(before, await gateWaits()),
        generatorCpu: beats.generatorCpu + batches.generatorCpu,
        lagP99: Math.max(...flows.map(({ lag }) => lag.p99)),
      };
    },
  };
}

function since(before: GateWaits, after: GateWaits): Outcome["waits"] {
  const waits = after.minus(before);
  return {
    mean: waits.mean,
    p50: waits.quantile(0.5),
    p99: waits.quantile(0.99),
    p999: waits.quantile(0.999),
  };
}

function addressOf(service: string): { host: string; port: number } {
  const { hostname: host, port } = new URL(readStack().services[service]!.url);
  return { host, port: Number(port) };
}
