import { loadWorkloads } from "@sluice/workloads";
import { expect, test } from "vitest";
import { planCapacity } from "./capacity-plan.ts";

const source = loadWorkloads();
const plan = planCapacity(source, { cores: 64, memory_gb: 128 });

/** Every setting of the published field report, for its 64 cores and 128 GB. */
const FIELD_REPORT = {
  postgresql: {
    shared_buffers: "32GB",
    effective_cache_size: "96GB",
    work_mem: "64MB",
    maintenance_work_mem: "2GB",
    max_connections: "500",
    superuser_reserved_connections: "10",
    max_prepared_transactions: "100",
    max_worker_processes: "64",
    max_parallel_workers_per_gather: "8",
    max_parallel_workers: "48",
    wal_buffers: "256MB",
    checkpoint_timeout: "15min",
    max_wal_size: "8GB",
  },
  kernel: {
    "net.core.somaxconn": "4096",
    "net.ipv4.ip_local_port_range": "10240 65535",
    "vm.dirty_background_ratio": "5",
    "vm.dirty_ratio": "10",
    "vm.overcommit_memory": "2",
    "vm.overcommit_ratio": "75",
  },
  pgbouncer: {
    pool_mode: "transaction",
    default_pool_size: "25",
    max_client_conn: "10000",
    reserve_pool_timeout: "3",
    server_idle_timeout: "600",
    server_lifetime: "3600",
    server_connect_timeout: "15",
    query_timeout: "300",
    auth_type: "md5",
    log_connections: "1",
    log_disconnections: "1",
    log_pooler_errors: "1",
  },
} as const;

const settings = Object.entries(FIELD_REPORT).flatMap(([part, all]) =>
  Object.entries(all).map(([name, value]) => ({
    part: part as keyof typeof FIELD_REPORT,
    name,
    value,
  })),
);

test.each(settings)(
  "$part $name is the report's $value, or says why not",
  ({ part, name, value }) => {
    const line = plan[part].find((each) => each.name === name);
    expect(line).toBeDefined();
    if (line?.value === value) expect(line).not.toHaveProperty("field_report");
    else expect(line?.field_report).toMatchObject({ value, why: expect.stringMatching(/.{10}/) });
  },
);

test("the report's departures are where we know better, and nowhere else", () => {
  const departures = [...plan.postgresql, ...plan.kernel, ...plan.pgbouncer]
    .filter(({ field_report }) => field_report !== undefined)
    .map(({ name }) => name);
  expect(departures.toSorted()).toEqual([
    "auth_type",
    "default_pool_size",
    "log_connections",
    "log_disconnections",
    "max_client_conn",
    "max_prepared_transactions",
    "net.core.somaxconn",
    "query_timeout",
    "server_connect_timeout",
    "work_mem",
  ]);
});

test("the report's pools by module are its gates", () => {
  const gates = plan.gates.map(({ workload, base, overflow, acquire_timeout_ms }) => [
    workload,
    base,
    overflow,
    acquire_timeout_ms / 1000,
  ]);
  expect(gates).toEqual([
    ["feature", 3, 7, 10],
    ["training", 5, 15, 30],
    ["sample", 5, 15, 30],
    ["import", 10, 20, 180],
    ["admin", 20, 30, 60],
    ["monitor", 2, 0, 5],
  ]);
});

test.each([
  [1, 1],
  [2, 4],
  [64, 128],
  [256, 1024],
])(
  "%i cores and %i GB: every line has its reason, effect, risk and way back",
  (cores, memory_gb) => {
    const { postgresql, kernel, pgbouncer, gates } = planCapacity(source, { cores, memory_gb });
    for (const line of [...postgresql, ...kernel, ...pgbouncer, ...gates]) {
      for (const key of ["reason", "effect", "risk", "way_back"] as const)
        expect(line[key], JSON.stringify(line)).toMatch(/\S/);
    }
  },
);

test("a plan that cannot hold says why", () => {
  const { ok, notes } = planCapacity(source, { cores: 2, memory_gb: 4, instances: 10_000 });
  expect(ok).toBe(false);
  expect(notes.join("\n")).toMatch(/client side .* cannot hold: \d+ connections, \d+ more/);
});

test("work_mem of the report would not fit the report's machine", () => {
  const connections = 500;
  const nodes = 4;
  expect(64 * connections * nodes + plan.memory.shared_buffers_mb).toBeGreaterThan(
    plan.memory.total_mb,
  );
});
