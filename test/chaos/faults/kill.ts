import { readStack } from "@sluice/testing";
import { Redis } from "ioredis";
import postgres from "postgres";
import { until } from "../../integration/until.ts";
import type { Bed } from "../bed/bed.ts";
import type { ServerName, ServiceName } from "./table.ts";

const RESTART_MS = 60_000;

/** What is asked to know that a server serves again. */
const ACCEPTS: Readonly<Record<ServerName, () => Promise<void>>> = {
  postgres: () => query(readStack().postgres.url),
  pgbouncer: () => query(readStack().pgbouncer.urls["monitor"]!),
  redis: ping,
};

/** kill -9 of a server of the stack, until its next process accepts. */
export async function killServer(server: ServerName): Promise<void> {
  const pidNow = (): number => readStack()[server].pid;
  await kill(server, pidNow, ACCEPTS[server]);
}

/** kill -9 of a service of the bed, until its next process is ready. */
export async function killService(service: ServiceName, bed: Bed): Promise<void> {
  await kill(
    service,
    () => bed.pidOf(service),
    () => bed.ready(service),
  );
}

async function kill(
  what: string,
  pidNow: () => number,
  accepts: () => Promise<void>,
): Promise<void> {
  const pid = pidNow();
  process.kill(pid, "SIGKILL");
  await until(`${what} has a new process`, () => pidNow() !== pid, RESTART_MS);
  const serves = (): Promise<boolean> =>
    accepts().then(
      () => true,
      () => false, // not yet: it is asked again
    );
  await until(`${what} accepts`, serves, RESTART_MS);
}

/** Over a connection of its own: what counts is whether a new one is taken. */
async function query(url: string): Promise<void> {
  const options = { prepare: false, fetch_types: false, onnotice: () => {} };
  const sql = postgres(url, { max: 1, connect_timeout: 1, ...options });
  try {
    await sql.unsafe("select 1");
  } finally {
    await sql.end({ timeout: 0 });
  }
}

async function ping(): Promise<void> {
  const redis = new Redis(readStack().redis.url, { lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => {}); // the call below tells of it
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}
