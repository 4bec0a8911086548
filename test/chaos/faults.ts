import { readStack } from "@sluice/testing";
import postgres from "postgres";
import { until } from "../integration/until.ts";

/** Something that goes wrong; resolves when the broken part accepts connections again. */
export interface Fault {
  readonly name: string;
  readonly strike: () => Promise<void>;
}

const RESTART_MS = 30_000;

export const FAULTS: readonly Fault[] = [
  { name: "PostgreSQL killed", strike: () => kill("postgres") },
  { name: "PgBouncer killed", strike: () => kill("pgbouncer") },
  { name: "every backend of the workload terminated", strike: terminateBackends },
];

async function kill(part: "postgres" | "pgbouncer"): Promise<void> {
  const { pid } = readStack()[part];
  process.kill(pid, "SIGKILL");
  await until(`${part} has a new process`, () => readStack()[part].pid !== pid, RESTART_MS);
  const { postgres: server, pgbouncer } = readStack();
  await until(
    `${part} accepts`,
    () => accepts(part === "postgres" ? server.url : pgbouncer.urls["monitor"]!),
    RESTART_MS,
  );
}

/** A connection of its own for each try: what counts is whether a new one is taken. */
async function accepts(url: string): Promise<boolean> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: 1,
    prepare: false,
    fetch_types: false,
    onnotice: () => {},
  });
  try {
    await sql.unsafe("select 1");
    return true;
  } catch {
    return false; // not yet: it is asked again
  } finally {
    await sql.end({ timeout: 0 });
  }
}

async function terminateBackends(): Promise<void> {
  const sql = postgres(readStack().postgres.url, { max: 1, onnotice: () => {} });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sluice_feature'`;
  await sql.end();
}
