import { type Profile, WORKLOADS } from "@sluice/workloads";
import { type Alert, growing, steadily } from "../alert.ts";

/** A wait of this share of the acquire time-out is too long: at all of it the caller gets an error. */
const SLOW_SHARE = 0.2;
const gate = 'service="feature-api",instance="a",pool="feature"';
const importGate = 'service="data-loader",instance="b",pool="import"';

/** What the gates say of themselves, with each workload's own threshold. */
export function poolAlerts({ workloads }: Profile): Alert[] {
  const slow = WORKLOADS.map((name) => ({
    ...workloads[name],
    name,
    seconds: (workloads[name].acquire_timeout_ms / 1_000) * SLOW_SHARE,
  }));
  return [
    {
      name: "GateWaitSlow",
      expr: anyOf(
        slow.map(
          ({ name, seconds }) =>
            `histogram_quantile(0.99, sum by (service, pool, le) (rate(db_client_connection_wait_time_seconds_bucket{pool="${name}"}[2m]))) > ${seconds}`,
        ),
      ),
      for: "2m",
      severity: "warning",
      team: "platform",
      summary: "Callers wait long at the gate {{ $labels.pool }} of {{ $labels.service }}",
      description:
        "One in a hundred waits {{ $value | humanizeDuration }} or more: over a fifth of the time after which it gets an error.",
      // Of 100 callers a second, 90 wait up to 1 s and all up to 5 s.
      fires: {
        [`db_client_connection_wait_time_seconds_bucket{${gate},le="1"}`]: growing(90),
        [`db_client_connection_wait_time_seconds_bucket{${gate},le="5"}`]: growing(100),
        [`db_client_connection_wait_time_seconds_bucket{${gate},le="+Inf"}`]: growing(100),
      },
      // The same waits at the gate of imports, whose callers have 180 s.
      quiet: {
        [`db_client_connection_wait_time_seconds_bucket{${importGate},le="1"}`]: growing(90),
        [`db_client_connection_wait_time_seconds_bucket{${importGate},le="5"}`]: growing(100),
        [`db_client_connection_wait_time_seconds_bucket{${importGate},le="+Inf"}`]: growing(100),
      },
    },
    {
      name: "GateSaturated",
      // Not utilisation alone: a gate that is full and has nobody waiting is just right.
      expr: "min_over_time(db_waiting_connections[1m]) > 0 and db_active_connections >= db_pool_size",
      for: "1m",
      severity: "warning",
      team: "platform",
      summary: "The gate {{ $labels.pool }} of {{ $labels.service }} is full, and callers wait",
      description:
        "At least {{ $value | humanize }} callers have been waiting for a minute on {{ $labels.instance }}.",
      fires: {
        [`db_waiting_connections{${gate}}`]: steadily(7),
        [`db_active_connections{${gate}}`]: steadily(10),
        [`db_pool_size{${gate}}`]: steadily(10),
      },
      quiet: {
        [`db_waiting_connections{${gate}}`]: "7 0 7 0 7 0+0x115",
        [`db_active_connections{${gate}}`]: steadily(10),
        [`db_pool_size{${gate}}`]: steadily(10),
      },
    },
    {
      name: "ConnectionLeaked",
      expr: "increase(db_connection_leaked_total[10m]) > 0",
      for: "0m",
      severity: "critical",
      team: "platform",
      summary:
        "{{ $labels.service }} holds connections of {{ $labels.pool }} too long, or forgot them",
      description:
        "{{ $value | humanize }} leases in ten minutes; its log has who took them, and with which statement.",
      fires: { [`db_connection_leaked_total{${gate}}`]: "0+0x60 1+0x60" },
      quiet: { [`db_connection_leaked_total{${gate}}`]: steadily(3) },
    },
    {
      name: "GateTimeouts",
      expr: "sum by (service, pool) (rate(db_client_connection_timeouts_total[5m]) + rate(db_client_connection_refused_total[5m])) > 0.1",
      for: "2m",
      severity: "critical",
      team: "platform",
      summary: "Callers get no slot at the gate {{ $labels.pool }} of {{ $labels.service }}",
      description: "{{ $value | humanize }} callers a second were refused or waited in vain.",
      fires: {
        [`db_client_connection_timeouts_total{${gate}}`]: growing(0.2),
        [`db_client_connection_refused_total{${gate}}`]: steadily(0),
      },
      quiet: {
        [`db_client_connection_timeouts_total{${gate}}`]: steadily(12),
        [`db_client_connection_refused_total{${gate}}`]: steadily(4),
      },
    },
    {
      name: "CircuitOpen",
      expr: "db_circuit_state == 2",
      for: "15s",
      severity: "critical",
      team: "database",
      summary: "{{ $labels.service }} finds the database gone",
      description:
        "The circuit of {{ $labels.pool }} on {{ $labels.instance }} is open: its callers are refused with DATABASE_UNAVAILABLE.",
      fires: { [`db_circuit_state{${gate}}`]: steadily(2) },
      // A restart of PostgreSQL that takes some seconds.
      quiet: { [`db_circuit_state{${gate}}`]: "0 0 0 2 0+0x110" },
    },
    {
      name: "PoolerQueueOld",
      expr: anyOf(
        slow.map(
          ({ alias, seconds }) =>
            `max by (pooler, alias) (pgbouncer_pools_client_maxwait_seconds{alias="${alias}"}) > ${seconds}`,
        ),
      ),
      for: "1m",
      severity: "warning",
      team: "platform",
      summary: "A client has long been waiting for {{ $labels.alias }} in PgBouncer",
      description: "The first in line has waited {{ $value | humanizeDuration }}.",
      fires: {
        'pgbouncer_pools_client_maxwait_seconds{pooler="a",alias="sluice_feature"}': steadily(3),
      },
      quiet: {
        'pgbouncer_pools_client_maxwait_seconds{pooler="a",alias="sluice_import"}': steadily(3),
      },
    },
    {
      name: "PoolerLoginFailing",
      expr: "pgbouncer_pools_server_login_connections > 0 and on (pooler, alias, instance) pgbouncer_pools_server_active_connections == 0 and on (pooler, alias, instance) pgbouncer_pools_client_waiting_connections > 0",
      for: "30s",
      severity: "critical",
      team: "database",
      summary: "PgBouncer cannot log in for {{ $labels.alias }}",
      description: "Clients wait on {{ $labels.pooler }}, and no server connection comes up.",
      fires: {
        'pgbouncer_pools_server_login_connections{pooler="a",alias="sluice_feature",instance="o"}':
          steadily(1),
        'pgbouncer_pools_server_active_connections{pooler="a",alias="sluice_feature",instance="o"}':
          steadily(0),
        'pgbouncer_pools_client_waiting_connections{pooler="a",alias="sluice_feature",instance="o"}':
          steadily(4),
      },
      quiet: {
        'pgbouncer_pools_server_login_connections{pooler="a",alias="sluice_feature",instance="o"}':
          steadily(1),
        'pgbouncer_pools_server_active_connections{pooler="a",alias="sluice_feature",instance="o"}':
          steadily(3),
        'pgbouncer_pools_client_waiting_connections{pooler="a",alias="sluice_feature",instance="o"}':
          steadily(4),
      },
    },
    {
      name: "ConnectionBudgetNear",
      expr: "max by (side) (connection_budget_used_ratio) > 0.8",
      for: "5m",
      severity: "warning",
      team: "platform",
      summary: "The {{ $labels.side }} side of the connection budget is nearly spent",
      description: "{{ $value | humanizePercentage }} of what the budget allows are in use.",
      fires: { 'connection_budget_used_ratio{side="server"}': steadily(0.85) },
      quiet: { 'connection_budget_used_ratio{side="server"}': steadily(0.7) },
    },
    {
      name: "ConnectionBudgetBroken",
      expr: "max by (side) (connection_budget_used_ratio) > 1",
      for: "30s",
      severity: "critical",
      team: "platform",
      summary: "More connections are open on the {{ $labels.side }} side than the budget allows",
      description:
        "{{ $value | humanizePercentage }} of the budget: somebody goes past PgBouncer, or more instances run than were planned.",
      fires: { 'connection_budget_used_ratio{side="client"}': steadily(1.1) },
      quiet: { 'connection_budget_used_ratio{side="client"}': steadily(1) },
    },
    {
      name: "ScalingNotConverged",
      expr: 'sum by (alias) (increase(scaling_decisions_total{outcome=~"not_converged|failed"}[15m])) > 0',
      for: "0m",
      severity: "warning",
      team: "platform",
      summary: "The autoscaler cannot bring {{ $labels.alias }} to its size",
      description:
        "{{ $value | humanize }} changes in a quarter of an hour did not come to what was asked.",
      fires: {
        'scaling_decisions_total{alias="sluice_sample",action="shrink",reason="underused",outcome="not_converged"}':
          "0+0x60 1+0x60",
      },
      quiet: {
        'scaling_decisions_total{alias="sluice_sample",action="grow",reason="waiting",outcome="applied"}':
          "0+0x60 1+0x60",
      },
    },
  ];
}

function anyOf(expressions: readonly string[]): string {
  return expressions.join("\nor\n");
}
