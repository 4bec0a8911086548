import { setTimeout as sleep } from "node:timers/promises";
import { readStack } from "@sluice/testing";
import { cpuSeconds } from "./process-cpu.ts";
import { median, renderRows } from "./table.ts";

type Usage = Readonly<Record<string, number>>;

/**
 * What watching costs: CPU of every process of a stack at rest, with ops running and with ops stopped (SIGSTOP), in
 * windows that alternate.
 */
export async function benchDiagnostics(rounds: number, seconds: number): Promise<string> {
  const windows: { watching: Usage; stopped: Usage }[] = [];
  const { pid } = readStack().services["ops"]!;
  for (let round = 0; round < rounds; round++) {
    const watching = await measure(seconds);
    process.kill(pid, "SIGSTOP");
    try {
      windows.push({ watching, stopped: await measure(seconds) });
    } finally {
      process.kill(pid, "SIGCONT");
    }
  }
  return render(windows, seconds);
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

function render(windows: readonly { watching: Usage; stopped: Usage }[], seconds: number): string {
  const names = Object.keys(windows[0]?.watching ?? {});
  const rows = names.map((name) => {
    const watching = median(windows.map((window) => window.watching[name]!));
    const stopped = median(windows.map((window) => window.stopped[name]!));
    return [name, watching, stopped, watching - stopped] as const;
  });
  const total = [1, 2, 3].map((column) =>
    rows.reduce((sum, row) => sum + (row[column as 1 | 2 | 3] ?? 0), 0),
  );
  const cells = [...rows, ["all", ...total] as const].map(([name, ...values]) => [
    name,
    ...values.map((value) => value.toFixed(2)),
  ]);
  const title = `What watching costs, a stack at rest, medians of ${windows.length} × ${seconds} s`;
  return renderRows(title, ["% of one core", "ops runs", "ops stands", "difference"], cells);
}
