import { type Alert, steadily } from "../alert.ts";

export const DATABASE_ALERTS: readonly Alert[] = [
  {
    name: "TransactionTooLong",
    expr: "max by (role) (postgres_longest_transaction_seconds) > 300",
    for: "2m",
    severity: "warning",
    team: "database",
    summary: "A transaction of {{ $labels.role }} stays open",
    description:
      "It has been open for {{ $value | humanizeDuration }}, and holds back vacuum and its locks.",
    fires: { 'postgres_longest_transaction_seconds{role="sluice_import"}': "200+15x120" },
    quiet: { 'postgres_longest_transaction_seconds{role="sluice_import"}': steadily(170) },
  },
  {
    name: "LockWaitLong",
    expr: "max(postgres_longest_lock_wait_seconds) > 30",
    for: "30s",
    severity: "warning",
    team: "database",
    summary: "A session has long been waiting for a lock",
    description:
      "It has waited {{ $value | humanizeDuration }}; `GET /v1/ops/locks` shows who holds it.",
    fires: { postgres_longest_lock_wait_seconds: "0+15x120" },
    quiet: { postgres_longest_lock_wait_seconds: "0+15x2 0+15x2 0+15x2 0+0x110" },
  },
  {
    name: "CacheHitLow",
    expr: "min(postgres_cache_hit_ratio) < 0.95",
    for: "15m",
    severity: "warning",
    team: "database",
    summary: "PostgreSQL reads much from outside of its buffers",
    description:
      "Only {{ $value | humanizePercentage }} of the blocks were found in shared buffers.",
    fires: { postgres_cache_hit_ratio: steadily(0.85) },
    // After a restart the buffers are empty for some minutes.
    quiet: { postgres_cache_hit_ratio: "0.5+0x40 0.99+0x80" },
  },
  {
    name: "DatabaseUnseen",
    expr: "absent(postgres_usable_connections)",
    for: "2m",
    severity: "critical",
    team: "platform",
    summary: "Nobody sees the database",
    description: "ops has no figures of PostgreSQL: the alerts about it are blind.",
    fires: { 'up{job="ops"}': steadily(1) },
    quiet: { postgres_usable_connections: steadily(490) },
  },
];
