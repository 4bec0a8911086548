import { readStack } from "@sluice/testing";
import { serviceMetric } from "../../chaos/service-metrics.ts";
import { offer } from "../load/offer.ts";
import { cpuSeconds } from "../process-cpu.ts";

/** An instance of feature-api. */
export interface Target {
  readonly url: string;
  readonly pid: number;
}

const WARM_UP_SECONDS = 1;

/** The stack's own instance. */
export function stackTarget(): Target {
  return readStack().services["feature-api"]!;
}

/** What requests cost while `clients`, shared out among the targets, each wait for an answer before they send again. */
export async function closedLoop(
  targets: readonly Target[],
  requests: readonly string[],
  { clients, seconds }: { clients: number; seconds: number },
): Promise<Record<string, number>> {
  const share = Math.ceil(clients / targets.length);
  const run = (length: number) =>
    Promise.all(targets.map((target) => offer(planOf(target, requests, share, length))));
  await run(WARM_UP_SECONDS);
  const { postgres, pgbouncer } = readStack();
  const service = (): number => targets.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const database = (): number => cpuSeconds(postgres.pid) + cpuSeconds(pgbouncer.pid);
  const before = { service: service(), database: database(), statements: await statements() };
  const results = await run(seconds);
  const flows = results.flatMap(({ flows: all }) => all);
  const answered = flows.reduce((sum, flow) => sum + flow.answered.count, 0);
  const each = (total: number): number => total / answered;
  return {
    "requests/s": answered / seconds,
    "p50 ms": Math.max(...flows.map((flow) => flow.answered.p50)),
    "p99 ms": Math.max(...flows.map((flow) => flow.answered.p99)),
    "service CPU µs/request": each(service() - before.service) * 1e6,
    "database CPU µs/request": each(database() - before.database) * 1e6,
    // Of the stack's own instance, which all curves but that of instances ask alone.
    ...(targets.length > 1
      ? {}
      : { "statements/request": each((await statements()) - before.statements) }),
    "refused or failed": flows.reduce((sum, flow) => sum + flow.refused.count + flow.failed, 0),
    "generator CPU": results.reduce((sum, result) => sum + result.generatorCpu, 0),
  };
}

function planOf({ url }: Target, requests: readonly string[], clients: number, seconds: number) {
  const { hostname, port } = new URL(url);
  const flow = { name: "look-ups", clients, connections: clients, requests };
  return { host: hostname, port: Number(port), seconds, flows: [flow] };
}

function statements(): Promise<number> {
  return serviceMetric("feature-api", "db_client_operation_duration_seconds_count");
}
