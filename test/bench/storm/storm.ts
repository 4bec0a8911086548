import { setTimeout as sleep } from "node:timers/promises";
import { readStack } from "@sluice/testing";
import type { Section } from "../../report/report.ts";
import { startDirectStorm } from "./direct.ts";
import { FOR_SECONDS, type RunningPrometheus, startPrometheus, THRESHOLDS } from "./prometheus.ts";
import { startThroughSluice } from "./through-sluice.ts";

/** The report's storm: 50 jobs of 20 workers. */
const WORKERS = 50 * 20;
/** Long enough that a statement waits for as long as QueryTooLong asks, and its alert fires. */
const STORM_SECONDS = 40;
const CALM_LIMIT_SECONDS = 60;

/**
 * The report's storm against a stack, first past Sluice and then through it: what diagnostics say meanwhile, and which
 * of the report's alerts fire.
 */
export async function storm(): Promise<Section[]> {
  let prometheus: RunningPrometheus;
  try {
    prometheus = await startPrometheus();
  } catch (error) {
    const text = `Skipped: ${(error as Error).message}`;
    return [{ heading: "A storm of connections", text }];
  }
  await using running = prometheus;
  const before = await watch(running, 15);
  const direct = await stormDirectly(running);
  const calm = await untilCalm(running);
  const through = await stormThroughSluice(running);
  const row = (name: string) => [
    name,
    ...[before, direct.fired, through.fired].map((fired) => (fired.has(name) ? "fires" : "quiet")),
  ];
  return [
    {
      heading: "A storm of connections",
      text: `${WORKERS} workers for ${STORM_SECONDS} s. Alerts fire after ${FOR_SECONDS} s, by thresholds for this stack: ${JSON.stringify(THRESHOLDS)}. ${calm}`,
      table: {
        head: ["alert", "at rest", "directly", "through Sluice"],
        rows: running.alerts.map(row),
      },
    },
    { heading: "Directly: what happened, and what diagnostics said", table: direct.table },
    { heading: "Through Sluice", table: through.table },
  ];
}

async function stormDirectly(prometheus: RunningPrometheus) {
  await using workers = await startDirectStorm(WORKERS);
  const fired = await watch(prometheus, STORM_SECONDS);
  const sources = await diagnose<Source>("sources", "backends");
  const locks = await diagnose<LockWait>("locks", "items");
  const pools = await diagnose<Pool>("pools", "items");
  const source = sources.find(({ application }) => application === "data_loader_worker");
  const [root, waiter] = [locks.find(({ depth }) => depth === 0), locks.find((l) => l.depth > 0)];
  const queue = pools.toSorted((a, b) => b.clients_waiting - a.clients_waiting)[0];
  const rows: [string, string | number][] = [
    ["workers that got a connection", workers.connected()],
    ...[...workers.refusals()].map(([why, count]): [string, number] => [`refused: ${why}`, count]),
    [
      "most connections from (`sources`)",
      `${source?.application} as ${source?.role} (workload ${source?.workload}): ${source?.backends}, ${source?.idle} idle`,
    ],
    ["who holds the lock (`locks`)", `${root?.application}, ${root?.state}`],
    [
      "what waits for it",
      `${waiter?.application} (workload ${waiter?.workload}): ${waiter?.statement}`,
    ],
    ["sessions that wait", locks.filter(({ depth }) => depth > 0).length],
    [
      "longest queue in PgBouncer (`pools`)",
      `${queue?.alias}: ${queue?.clients_waiting} clients, the first for ${queue?.longest_wait_seconds.toFixed(1)} s`,
    ],
  ];
  return { fired, table: { head: ["", ""], rows } };
}

async function stormThroughSluice(prometheus: RunningPrometheus) {
  await using workers = startThroughSluice(WORKERS);
  const fired = await watch(prometheus, STORM_SECONDS);
  const pools = await diagnose<Pool>("pools", "items");
  const connections = await diagnose<{ readonly backends: number }>("connections", "items");
  const rows: [string, number][] = [
    ...[...workers.answers].map(([status, count]): [string, number] => [
      status === 0 ? "no answer" : `answers ${status}`,
      count,
    ]),
    ["sessions of PostgreSQL", connections.reduce((sum, { backends }) => sum + backends, 0)],
    ["clients that wait in PgBouncer", pools.reduce((sum, pool) => sum + pool.clients_waiting, 0)],
  ];
  return { fired, table: { head: ["", ""], rows } };
}

/** Names of the alerts that fired at some moment of the next seconds. */
async function watch(prometheus: RunningPrometheus, seconds: number): Promise<Set<string>> {
  let fired = new Set<string>();
  for (let second = 0; second < seconds; second++) {
    await sleep(1_000);
    fired = fired.union(await prometheus.firing());
  }
  return fired;
}

async function untilCalm(prometheus: RunningPrometheus): Promise<string> {
  for (let second = 0; second < CALM_LIMIT_SECONDS; second++) {
    if ((await prometheus.firing()).size === 0)
      return `All were quiet ${second} s after the direct storm.`;
    await sleep(1_000);
  }
  return `After ${CALM_LIMIT_SECONDS} s there still fired: ${[...(await prometheus.firing())].join(", ")}.`;
}

interface Source {
  readonly application: string;
  readonly role: string;
  readonly workload: string | null;
  readonly backends: number;
  readonly idle: number;
}

interface LockWait {
  readonly depth: number;
  readonly application: string | null;
  readonly workload: string | null;
  readonly state: string | null;
  readonly statement: string | null;
}

interface Pool {
  readonly alias: string;
  readonly clients_waiting: number;
  readonly longest_wait_seconds: number;
}

/** What ops answers, as an operator asks it. */
async function diagnose<T>(what: string, member: string): Promise<readonly T[]> {
  const { services, keys } = readStack();
  const response = await fetch(`${services["ops"]!.url}/v1/ops/${what}`, {
    headers: { authorization: `Bearer ${keys.platform}` },
  });
  const body = (await response.json()) as Record<string, readonly T[]>;
  if (!response.ok) throw new Error(`${what}: ${JSON.stringify(body)}`);
  return body[member] ?? [];
}
