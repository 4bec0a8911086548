import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { readStack } from "@sluice/testing";
import { cpuSeconds } from "./process-cpu.ts";
import { median, renderRows } from "./table.ts";

type Usage = Readonly<Record<string, number>>;

/** One window of each kind. */
interface Round {
  readonly watching: Usage;
  /** With ops stopped (SIGSTOP): nobody asks PostgreSQL and PgBouncer anything. */
  readonly stopped: Usage;
  /** And with `LISTENERS` more that hear each process, as one ops does. */
  readonly heard: Usage;
}

/** What ops asks to hear. */
const QUERY = [
  "db_pool_size",
  "db_active_connections",
  "db_idle_connections",
  "db_waiting_connections",
  "db_circuit_state",
  "http_request_duration_seconds",
  "http_requests_shed_total",
]
  .map((name) => `name=${name}`)
  .join("&");
/** What it costs a process to be heard by one is less than a window's noise; by so many it is not. */
const LISTENERS = 20;

/**
 * What watching costs a stack at rest: all of ops, what PostgreSQL and PgBouncer use more of while it runs, and what it
 * costs each service to say each second how it is.
 */
export async function benchDiagnostics(rounds: number, seconds: number): Promise<string> {
  const windows: Round[] = [];
  const { pid } = readStack().services["ops"]!;
  for (let round = 0; round < rounds; round++) {
    const watching = await measure(seconds);
    process.kill(pid, "SIGSTOP");
    try {
      const stopped = await measure(seconds);
      const deafen = await listen();
      windows.push({ watching, stopped, heard: await measure(seconds).finally(deafen) });
    } finally {
      process.kill(pid, "SIGCONT");
    }
  }
  return render(windows, seconds);
}

/** Hears every service but ops, as often as LISTENERS ops would, each at a moment of its own. */
async function listen(): Promise<() => void> {
  const aborter = new AbortController();
  const { ops: _stopped, ...others } = readStack().services;
  for (let listener = 0; listener < LISTENERS; listener++) {
    for (const { internal_url } of Object.values(others))
      get(`${internal_url}/metrics.lines?${QUERY}`, { signal: aborter.signal }, (response) =>
        response.resume(),
      ).on("error", () => undefined);
    await sleep(1_000 / LISTENERS);
  }
  return () => aborter.abort();
}

/** Hundredths of one core that each process used in a window. */
async function measure(seconds: number): Promise<Usage> {
  const pids = pidsOf();
  const before = pids.map(([, pid]) => cpuSeconds(pid));
  const startedAt = performance.now();
  await sleep(seconds * 1_000);
  const elapsed = (performance.now() - startedAt) / 1_000;
  return Object.fromEntries(
    pids.map(([name, pid], index) => [name, ((cpuSeconds(pid) - before[index]!) / elapsed) * 100]),
  );
}

function pidsOf(): [string, number][] {
  const { services, postgres, pgbouncer } = readStack();
  return [
    ...Object.entries(services).map(([name, { pid }]): [string, number] => [name, pid]),
    ["PostgreSQL", postgres.pid],
    ["PgBouncer", pgbouncer.pid],
  ];
}

function render(windows: readonly Round[], seconds: number): string {
  const of = (kind: keyof Round, name: string): number =>
    median(windows.map((window) => window[kind][name]!));
  const rows = Object.keys(windows[0]?.watching ?? {}).map((name) => {
    const [used, rest] = [of("watching", name), of("stopped", name)];
    if (name === "ops") return [name, used, used] as const;
    const isService = name in readStack().services;
    const cost = isService ? (of("heard", name) - rest) / LISTENERS : used - rest;
    return [name, used, Math.max(0, cost)] as const;
  });
  const total = rows.reduce((sum, [, , cost]) => sum + cost, 0);
  const cells = rows.map(([name, used, cost]) => [name, used.toFixed(2), cost.toFixed(2)]);
  const title = `What watching costs, a stack at rest, medians of ${windows.length} × ${seconds} s`;
  return renderRows(
    title,
    ["% of one core", "uses", "of it for watching"],
    [...cells, ["all", "", total.toFixed(2)]],
  );
}
