import { Gate, PoolMetrics, Slot } from "@sluice/db";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { readStack } from "@sluice/testing";
import { sql } from "kysely";
import postgres from "postgres";
import { openTestDatabase } from "../integration/open-database.ts";
import { interleave } from "./interleaved.ts";
import { percentile, renderTable } from "./table.ts";

const SLOTS = 10;
const STATEMENT = "select $1::int4 as x";
const CALL = { operation: "bench.call", autocommit: true };

/** What the gate costs: against one postgres.js pool of as many connections, through the same alias. */
export async function benchGate(rounds: number): Promise<string> {
  const url = readStack().pgbouncer.urls["feature"]!;
  const gate = openGate(url);
  const pool = postgres(url, {
    max: SLOTS,
    prepare: false,
    fetch_types: false,
    onnotice: () => {},
  });
  const database = await openTestDatabase("feature", { base: SLOTS, overflow: 0 });
  const plan = { rounds, iterations: 6_000, clients: 64 };
  try {
    const throughput = await interleave(
      [
        { name: "postgres.js pool of 10", run: (iteration) => pool.unsafe(STATEMENT, [iteration]) },
        { name: "gate of 10 slots", run: (iteration) => oneStatement(gate, iteration) },
        {
          name: "gate, breaker, retries, Kysely",
          run: (x) => database.run("bench.one", sql`select ${x}::int4 as x`),
        },
      ],
      plan,
    );
    const overhead = await interleave(
      [{ name: "acquire + release", run: () => takeAndGiveBack(gate) }],
      {
        ...plan,
        iterations: 100_000,
        clients: 1,
      },
    );
    return [
      renderTable(`${SLOTS} connections, ${plan.clients} clients, one statement each`, throughput),
      renderTable("Gate without a statement, one client", overhead),
      await deadlines(url),
    ].join("\n");
  } finally {
    await Promise.all([gate.stop(0), pool.end({ timeout: 1 }), database.close()]);
  }
}

function openGate(url: string, acquireTimeoutMs = 10_000): Gate {
  const slot = { url, applicationName: "sluice-bench", prepare: false, connectTimeoutMs: 5_000 };
  return new Gate({
    pool: "feature",
    base: SLOTS,
    overflow: 0,
    maxWaiters: 1_000,
    acquireTimeoutMs,
    leakThresholdMs: 60_000,
    overflowIdleMs: 60_000,
    maxLifetimeMs: 600_000,
    openSlot: (onDeath) => Slot.open(slot, onDeath),
    logger: createLogger({ service: "bench", level: "silent" }),
    meter: new PoolMetrics(createRegistry("bench")).forPool("feature"),
  });
}

async function oneStatement(gate: Gate, value: number): Promise<unknown> {
  const lease = await gate.acquire(CALL);
  try {
    return await lease.query(STATEMENT, [value]);
  } finally {
    lease.release();
  }
}

async function takeAndGiveBack(gate: Gate): Promise<void> {
  (await gate.acquire(CALL)).release();
}

/** How late a refusal comes when ten times as many callers want a slot as there are, and none becomes free. */
async function deadlines(url: string): Promise<string> {
  const timeoutMs = 500;
  const gate = openGate(url, timeoutMs);
  const held = await Promise.all(Array.from({ length: SLOTS }, () => gate.acquire(CALL)));
  const late: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const start = performance.now();
    const refused = Array.from({ length: SLOTS * 10 }, () =>
      gate.acquire(CALL).catch(() => late.push(performance.now() - start - timeoutMs)),
    );
    await Promise.all(refused);
  }
  for (const lease of held) lease.release();
  await gate.stop(0);
  const [p50, p99, max] = [percentile(late, 0.5), percentile(late, 0.99), Math.max(...late)];
  return `## Refusals after the acquire deadline, 10× overload\n\nlate by p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, at most ${max.toFixed(1)} ms (${late.length} samples)\n`;
}
