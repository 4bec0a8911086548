import { type Alert, steadily } from "../alert.ts";

const SESSIONS =
  'sum(max by (role, state) (postgres_connections{state=~"active|idle|idle_in_transaction"}))';
const IDLE = 'sum(max by (role, state) (postgres_connections{state="idle"}))';
const active = 'postgres_connections{role="sluice_feature",state="active"}';
const idle = 'postgres_connections{role="sluice_training",state="idle"}';
const waiting = 'pgbouncer_pools_client_waiting_connections{pooler="a",alias="sluice_training"}';

/** What the four go by. */
export interface FieldReportThresholds {
  /** Share of the connections that are not reserved. */
  readonly usage: number;
  /** Clients that wait in PgBouncer. */
  readonly waiting: number;
  readonly querySeconds: number;
  readonly idle: number;
}

/** The report's. */
const THRESHOLDS: FieldReportThresholds = { usage: 0.8, waiting: 5, querySeconds: 300, idle: 100 };

/** The four of the published field report; the series that prove them are for its own thresholds. */
export const fieldReportAlerts = ({
  usage,
  waiting: most,
  querySeconds,
  idle: mostIdle,
}: FieldReportThresholds = THRESHOLDS): readonly Alert[] => [
  {
    name: "ConnectionUsageHigh",
    // Of what is not reserved: the report divides by max_connections, of which nobody but superusers gets the last.
    expr: `${SESSIONS} / max(postgres_usable_connections) > ${usage}`,
    for: "5m",
    severity: "warning",
    team: "database",
    summary: "PostgreSQL's connections are nearly used up",
    description:
      "{{ $value | humanizePercentage }} of the connections that are not reserved are open.",
    fires: {
      [active]: steadily(50),
      [idle]: steadily(400),
      postgres_usable_connections: steadily(490),
    },
    // A session that waits is an active one, and not counted again.
    quiet: {
      [active]: steadily(100),
      [idle]: steadily(280),
      'postgres_connections{role="sluice_feature",state="waiting"}': steadily(90),
      postgres_usable_connections: steadily(490),
    },
  },
  {
    name: "PoolerQueueGrows",
    // The report takes a rate of this gauge, which means nothing; its slope does.
    expr: `deriv(pgbouncer_pools_client_waiting_connections[5m]) > 0 and pgbouncer_pools_client_waiting_connections > ${most}`,
    for: "3m",
    severity: "critical",
    team: "platform",
    summary: "More and more clients wait for {{ $labels.alias }} in PgBouncer",
    description:
      "The queue of {{ $labels.alias }} grows by {{ $value | humanize }} clients a second on {{ $labels.pooler }}.",
    fires: { [waiting]: "0+2x120" },
    // A queue of 40 that shrinks, after a burst.
    quiet: { [waiting]: "40-0.3x120" },
  },
  {
    name: "QueryTooLong",
    expr: `max by (role) (postgres_longest_active_seconds) > ${querySeconds}`,
    for: "2m",
    severity: "warning",
    team: "database",
    summary: "A statement of {{ $labels.role }} runs on and on",
    description: "It has been running for {{ $value | humanizeDuration }}.",
    fires: { 'postgres_longest_active_seconds{role="postgres"}': "200+15x120" },
    // A dump of four minutes, again and again.
    quiet: {
      'postgres_longest_active_seconds{role="postgres"}':
        "0+15x16 0+15x16 0+15x16 0+15x16 0+15x16 0+15x16 0+15x16",
    },
  },
  {
    name: "IdleConnectionsHigh",
    expr: `${IDLE} > ${mostIdle} and ${IDLE} / ${SESSIONS} > 0.6`,
    for: "10m",
    severity: "critical",
    team: "database",
    summary: "Most connections of PostgreSQL do nothing",
    description:
      "{{ $value | humanize }} sessions are idle: pools that are too large, or connections that nobody gives back.",
    fires: { [idle]: steadily(127), [active]: steadily(58) },
    quiet: { [idle]: steadily(127), [active]: steadily(100) },
  },
];
