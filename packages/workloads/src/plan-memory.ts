/** How a database machine's memory is given out, in MB, and what of it may be claimed at worst. */
export interface PlannedMemory {
  /** PostgreSQL's settings, by name, with their units. */
  readonly settings: Readonly<Record<string, string>>;
  readonly shared_buffers_mb: number;
  /** Shared buffers, every backend with one sort at full work_mem, and all autovacuum workers at once. */
  readonly worst_case_mb: number;
  readonly total_mb: number;
  /** The worst case leaves a tenth of the memory to the kernel. */
  readonly ok: boolean;
}

/** Memory of a backend itself, without its sorts: catalogue caches and prepared plans. */
const BACKEND_MB = 5;
/** Nodes of one plan that may each take work_mem: hash, sort, aggregate, and one spare. */
const NODES_PER_PLAN = 4;
const AUTOVACUUM_WORKERS = 3;

/**
 * The memory settings of a machine.
 *
 * shared_buffers 25 % and effective_cache_size 75 % of memory: PostgreSQL's manual, 19.4 and 19.7, and the report.
 * work_mem: a quarter of the memory, divided by all connections with four nodes of a plan each, down to a power of two.
 * maintenance_work_mem: 1/64; max_wal_size: 1/16; wal_buffers: 1/512 (the report's figures at 128 GB), within bounds.
 * @param connections that the budget lets open at once
 */
export function planMemory(machine: {
  readonly cores: number;
  readonly memory_gb: number;
  readonly connections: number;
}): PlannedMemory {
  const { cores, memory_gb, connections } = machine;
  const total_mb = memory_gb * 1024;
  const shared_buffers_mb = total_mb / 4;
  const work_mem = clamp(floorPowerOfTwo(total_mb / 4 / connections / NODES_PER_PLAN), 4, 256);
  const maintenance_work_mem = clamp(total_mb / 64, 32, 2048);
  const worst_case_mb =
    shared_buffers_mb +
    connections * (BACKEND_MB + work_mem) +
    AUTOVACUUM_WORKERS * maintenance_work_mem;
  const settings = {
    shared_buffers: size(shared_buffers_mb),
    effective_cache_size: size((total_mb * 3) / 4),
    work_mem: size(work_mem),
    maintenance_work_mem: size(maintenance_work_mem),
    wal_buffers: size(clamp(total_mb / 512, 16, 256)),
    max_wal_size: size(clamp(total_mb / 16, 2048, 65_536)),
    checkpoint_timeout: "15min",
    max_worker_processes: String(Math.max(8, cores)),
    max_parallel_workers: String(Math.max(2, Math.floor((cores * 3) / 4))),
    max_parallel_workers_per_gather: String(clamp(Math.floor(cores / 8), 0, 8)),
    max_prepared_transactions: "0",
  };
  return {
    settings,
    shared_buffers_mb,
    worst_case_mb,
    total_mb,
    ok: worst_case_mb <= total_mb * 0.9,
  };
}

function floorPowerOfTwo(value: number): number {
  return value < 1 ? 1 : 2 ** Math.floor(Math.log2(value));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** As postgresql.conf takes it: whole gigabytes as such. */
function size(megabytes: number): string {
  return megabytes % 1024 === 0 ? `${megabytes / 1024}GB` : `${megabytes}MB`;
}
