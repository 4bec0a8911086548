import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack } from "@sluice/testing";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import type { FaultProxy } from "../proxy/fault-proxy.ts";

/** PAUSE waits for running transactions, whose longest is a statement's time-out. */
const PAUSE_TIMEOUT_MS = 65_000;
const ALIASES = Object.values(selectProfile(loadWorkloads(), "local").workloads).map(
  ({ alias }) => alias,
);

async function withConsole(act: (pooler: PgbouncerConsole) => Promise<void>): Promise<void> {
  const pooler = new PgbouncerConsole({ url: readStack().pgbouncer.admin_url });
  try {
    await act(pooler);
  } finally {
    await pooler.close();
  }
}

/** PAUSE of every alias, and RESUME. */
export function pausePooler(ms: number): Promise<void> {
  return withConsole(async (pooler) => {
    const paused: string[] = [];
    try {
      for (const alias of ALIASES) {
        await pooler.pause(alias, PAUSE_TIMEOUT_MS);
        paused.push(alias);
      }
      await sleep(ms);
    } finally {
      for (const alias of paused) await pooler.resume(alias);
    }
  });
}

/** RELOAD over and over. */
export function reloadPooler(everyMs: number, ms: number): Promise<void> {
  return withConsole(async (pooler) => {
    const endsAt = performance.now() + ms;
    while (performance.now() < endsAt) {
      await pooler.reload();
      await sleep(everyMs);
    }
  });
}

/**
 * Leads PgBouncer's connections to PostgreSQL through the proxy while `act` runs. A connection to another address is
 * closed as soon as it is free, so that all of them have moved when there is none to the old one.
 */
export function detour(proxy: FaultProxy, act: () => Promise<void>): Promise<void> {
  return withConsole(async (pooler) => {
    const { pgbouncer, postgres } = readStack();
    const file = pgbouncer.databases_file;
    const text = await readFile(file, "utf8");
    const { port } = new URL(postgres.url);
    await writeFile(file, text.replaceAll(` port=${port} `, ` port=${proxy.port} `));
    try {
      await pooler.reload();
      await allAt(pooler, proxy.port);
      await act();
    } finally {
      await writeFile(file, text);
      await pooler.reload();
      await allAt(pooler, Number(port));
    }
  });
}

const MOVE_TIMEOUT_MS = 30_000;

async function allAt(pooler: PgbouncerConsole, port: number): Promise<void> {
  const deadline = performance.now() + MOVE_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const servers = await pooler.show("servers");
    if (servers.every((server) => server.port === port)) return;
    await sleep(50);
  }
  throw new Error(`PgBouncer did not move its connections to port ${port}.`);
}
