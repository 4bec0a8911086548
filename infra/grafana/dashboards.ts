import { type Profile, WORKLOADS } from "@sluice/workloads";
import type { Dashboard, Panel } from "./panel.ts";

/** A process whose start time has changed was started again: a training pod, in the field report. */
const RESTARTS = "changes(process_start_time_seconds[1m]) > 0";

/** Every dashboard, with the limits of a profile. */
export function dashboards(profile: Profile): Dashboard[] {
  return [pools(profile), database(profile), services()];
}

/** The field report's panels first, for every gate. */
function pools(profile: Profile): Dashboard {
  const gates = WORKLOADS.map((name) => profile.workloads[name]);
  const widest = Math.max(...gates.map(({ base, overflow }) => base + overflow));
  return {
    uid: "sluice-pools",
    title: "Sluice: pools",
    annotations: { restarts: RESTARTS },
    panels: [
      {
        title: "Gates: size, active, waiting",
        kind: "timeseries",
        unit: "short",
        min: 0,
        max: widest,
        width: 24,
        queries: {
          "size {{service}}/{{pool}}": "max by (service, pool) (db_pool_size)",
          "active {{service}}/{{pool}}": "max by (service, pool) (db_active_connections)",
          "waiting {{service}}/{{pool}}": "max by (service, pool) (db_waiting_connections)",
        },
      },
      {
        title: "Time a slot is held",
        kind: "heatmap",
        unit: "s",
        queries: { "{{le}}": "sum by (le) (rate(db_connection_duration_seconds_bucket[1m]))" },
      },
      {
        title: "Time callers wait",
        kind: "heatmap",
        unit: "s",
        queries: {
          "{{le}}": "sum by (le) (rate(db_client_connection_wait_time_seconds_bucket[1m]))",
        },
      },
      {
        title: "Leaked in the last hour",
        kind: "stat",
        unit: "short",
        thresholds: [5, 10],
        width: 6,
        queries: { leaked: "sum(increase(db_connection_leaked_total[1h]))" },
      },
      {
        title: "Circuits open",
        kind: "stat",
        unit: "short",
        thresholds: [1, 2],
        width: 6,
        queries: { open: "sum(db_circuit_state == bool 2)" },
      },
      waitP99(profile),
      ...pooler(),
      {
        title: "Connection budget in use",
        kind: "timeseries",
        unit: "percentunit",
        min: 0,
        max: 1,
        queries: { "{{side}}": "max by (side) (connection_budget_used_ratio)" },
      },
      {
        title: "Autoscaler",
        kind: "timeseries",
        unit: "short",
        queries: {
          "{{alias}} {{action}} {{outcome}}":
            "sum by (alias, action, outcome) (increase(scaling_decisions_total[5m]))",
        },
      },
    ],
  };
}

function waitP99(profile: Profile): Panel {
  const shares = WORKLOADS.map((name) => [
    name,
    `histogram_quantile(0.99, sum by (le) (rate(db_client_connection_wait_time_seconds_bucket{pool="${name}"}[2m]))) / ${profile.workloads[name].acquire_timeout_ms / 1_000}`,
  ]);
  return {
    title: "p99 of the wait, as a share of the acquire time-out",
    kind: "timeseries",
    unit: "percentunit",
    min: 0,
    thresholds: [0.2, 1],
    queries: Object.fromEntries(shares) as Record<string, string>,
  };
}

function pooler(): Panel[] {
  return [
    {
      title: "PgBouncer: servers of each alias",
      kind: "timeseries",
      unit: "short",
      min: 0,
      queries: {
        "size {{alias}}": "sum by (alias) (pgbouncer_pool_size)",
        "active {{alias}}": "sum by (alias) (pgbouncer_pools_server_active_connections)",
        "idle {{alias}}": "sum by (alias) (pgbouncer_pools_server_idle_connections)",
      },
    },
    {
      title: "PgBouncer: clients that wait",
      kind: "timeseries",
      unit: "short",
      min: 0,
      queries: {
        "{{alias}}": "sum by (alias) (pgbouncer_pools_client_waiting_connections)",
        "seconds {{alias}}": "max by (alias) (pgbouncer_pools_client_maxwait_seconds)",
      },
    },
  ];
}

function database({ postgres }: Profile): Dashboard {
  return {
    uid: "sluice-database",
    title: "Sluice: database",
    annotations: { restarts: RESTARTS },
    panels: [
      {
        title: "Sessions by state",
        kind: "timeseries",
        unit: "short",
        min: 0,
        max: postgres.max_connections,
        queries: {
          "{{state}}": "sum by (state) (max by (role, state) (postgres_connections))",
          usable: "max(postgres_usable_connections)",
        },
      },
      {
        title: "Sessions by role",
        kind: "timeseries",
        unit: "short",
        min: 0,
        queries: {
          "{{role}}":
            'sum by (role) (max by (role, state) (postgres_connections{state!="waiting"}))',
        },
      },
      {
        title: "Oldest statement and transaction",
        kind: "timeseries",
        unit: "s",
        min: 0,
        thresholds: [60, 300],
        queries: {
          "statement {{role}}": "max by (role) (postgres_longest_active_seconds)",
          "transaction {{role}}": "max by (role) (postgres_longest_transaction_seconds)",
        },
      },
      {
        title: "Waiting for locks",
        kind: "timeseries",
        unit: "short",
        min: 0,
        queries: {
          sessions: "max(postgres_lock_waiters)",
          "longest, seconds": "max(postgres_longest_lock_wait_seconds)",
        },
      },
      {
        title: "Blocks found in shared buffers",
        kind: "timeseries",
        unit: "percentunit",
        min: 0.8,
        max: 1,
        queries: { hits: "min(postgres_cache_hit_ratio)" },
      },
      {
        title: "Machine",
        kind: "timeseries",
        unit: "percentunit",
        min: 0,
        max: 1,
        queries: {
          CPU: "max(host_cpu_used_ratio)",
          memory: "max(host_memory_used_ratio)",
          disk: "max(host_disk_used_ratio)",
        },
      },
      {
        title: "Slowest operations, mean",
        kind: "timeseries",
        unit: "s",
        min: 0,
        width: 24,
        queries: {
          "{{pool}} {{operation}}":
            "topk(10, sum by (pool, operation) (rate(db_client_operation_duration_seconds_sum[5m])) / sum by (pool, operation) (rate(db_client_operation_duration_seconds_count[5m])))",
        },
      },
    ],
  };
}

/** The panorama of the field report's incident: service, error rate, what is open, over time. */
function services(): Dashboard {
  const rate = "rate(http_request_duration_seconds_count[1m])";
  return {
    uid: "sluice-services",
    title: "Sluice: services",
    annotations: { restarts: RESTARTS },
    panels: [
      {
        title: "Requests",
        kind: "timeseries",
        unit: "reqps",
        min: 0,
        queries: { "{{service}}": `sum by (service) (${rate})` },
      },
      {
        title: "Errors",
        kind: "timeseries",
        unit: "percentunit",
        min: 0,
        max: 1,
        thresholds: [0.01, 0.05],
        queries: {
          "{{service}}":
            'sum by (service) (rate(http_request_duration_seconds_count{status=~"5.."}[1m])) / ' +
            `sum by (service) (${rate})`,
        },
      },
      {
        title: "p99 of an answer",
        kind: "timeseries",
        unit: "s",
        min: 0,
        queries: {
          "{{service}}":
            "histogram_quantile(0.99, sum by (service, le) (rate(http_request_duration_seconds_bucket[2m])))",
        },
      },
      {
        title: "Refused because of load",
        kind: "timeseries",
        unit: "reqps",
        min: 0,
        queries: {
          "{{service}} {{reason}}": "sum by (service, reason) (rate(http_requests_shed_total[1m]))",
        },
      },
      {
        title: "Look-ups in one statement",
        kind: "timeseries",
        unit: "short",
        min: 0,
        queries: {
          "{{kind}}":
            "sum by (kind) (rate(coalesce_batch_size_sum[1m])) / sum by (kind) (rate(coalesce_batch_size_count[1m]))",
        },
      },
      {
        title: "Age of the features served, median",
        kind: "timeseries",
        unit: "s",
        min: 0,
        queries: {
          "{{view}}":
            "histogram_quantile(0.5, sum by (view, le) (rate(feature_value_age_seconds_bucket[5m])))",
        },
      },
      {
        title: "Jobs",
        kind: "timeseries",
        unit: "short",
        min: 0,
        queries: {
          "to {{to}}": "sum by (to) (increase(job_transitions_total[5m]))",
          lost: "sum(increase(jobs_lost_total[5m]))",
          hung: "sum(jobs_hung)",
        },
      },
      {
        title: "Heartbeats and samples",
        kind: "timeseries",
        unit: "reqps",
        min: 0,
        queries: {
          heartbeats: "sum(rate(heartbeats_total[1m]))",
          samples: "sum(rate(samples_served_total[1m]))",
        },
      },
    ],
  };
}
