import { readdirSync, readFileSync } from "node:fs";
import { readStack } from "@sluice/testing";
import type postgres from "postgres";

/** Name → value, of one moment. */
export type Gauges = Readonly<Record<string, number>>;

const KIB = 1024;
const MIB = KIB * KIB;
/** Those that are written in a soak. */
const TABLES = ["training.ranks", "training.training_jobs", "features.online_values"] as const;

/** Memory in MiB and open files of every process of the stack. */
export function processes(): Gauges {
  const { services, postgres: server, pgbouncer, redis } = readStack();
  const pids = Object.entries(services).map(([name, { pid }]) => [name, pid] as const);
  const parts = [...pids, ["pgbouncer", pgbouncer.pid], ["redis", redis.pid]] as const;
  const own = parts.flatMap(([name, pid]) => [
    [`${name} MiB`, memoryOf(pid)],
    [`${name} files`, readdirSync(`/proc/${pid}/fd`).length],
  ]);
  return { ...Object.fromEntries(own), "postgres MiB": treeMemory(server.pid) };
}

/** Resident memory. */
function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / KIB;
}

/** MiB of a process and its children, each shared page counted by its share. */
export function treeMemory(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return [pid, ...children.map(Number)].reduce((sum, each) => sum + proportionalMemory(each), 0);
}

function proportionalMemory(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) / KIB;
  } catch {
    return 0; // it has ended meanwhile
  }
}

/** Sizes of the tables with their indexes, in MiB, and updates so far, with those that touched no index. */
export async function tables(superuser: postgres.Sql): Promise<Gauges> {
  const rows = await superuser<
    { name: string; table_mib: number; index_mib: number; updates: number; hot: number }[]
  >`
    select t.name, pg_table_size(t.name::regclass) / ${MIB}::float8 as table_mib,
      pg_indexes_size(t.name::regclass) / ${MIB}::float8 as index_mib,
      n_tup_upd::float8 as updates, n_tup_hot_upd::float8 as hot
    from unnest(${[...TABLES]}::text[]) as t (name)
    join pg_stat_user_tables s on s.relid = t.name::regclass`;
  return Object.fromEntries(
    rows.flatMap(({ name, table_mib, index_mib, updates, hot }) => [
      [`${name} table MiB`, table_mib],
      [`${name} index MiB`, index_mib],
      [`${name} updates`, updates],
      [`${name} HOT updates`, hot],
    ]),
  );
}
