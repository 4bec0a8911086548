import type { Check } from "./check.ts";
import { advisoryLocks } from "./checks/advisory-locks.ts";
import { aliases } from "./checks/aliases.ts";
import { autovacuum } from "./checks/autovacuum.ts";
import { clockSkew } from "./checks/clock-skew.ts";
import { directConnections } from "./checks/direct-connections.ts";
import { disk } from "./checks/disk.ts";
import { duplicateIndexes } from "./checks/duplicate-indexes.ts";
import { durability } from "./checks/durability.ts";
import { hostAccess } from "./checks/host-access.ts";
import { internalListeners } from "./checks/internal-listeners.ts";
import { invalidIndexes } from "./checks/invalid-indexes.ts";
import { liveBudget } from "./checks/live-budget.ts";
import { migrations } from "./checks/migrations.ts";
import { missingIndexes } from "./checks/missing-indexes.ts";
import { nestedTimeouts } from "./checks/nested-timeouts.ts";
import { passwords } from "./checks/passwords.ts";
import { pausedAliases } from "./checks/paused-aliases.ts";
import { pendingRestart } from "./checks/pending-restart.ts";
import { poolMode } from "./checks/pool-mode.ts";
import { poolerDrift } from "./checks/pooler-drift.ts";
import { postgresDrift } from "./checks/postgres-drift.ts";
import { preparedStatements } from "./checks/prepared-statements.ts";
import { preparedTransactions } from "./checks/prepared-transactions.ts";
import { publicRights } from "./checks/public-rights.ts";
import { redisEviction } from "./checks/redis-eviction.ts";
import { replicationSlots } from "./checks/replication-slots.ts";
import { roleRights } from "./checks/role-rights.ts";
import { roleTimeouts } from "./checks/role-settings.ts";
import { services } from "./checks/services.ts";
import { sessionState } from "./checks/session-state.ts";
import { startupParameters } from "./checks/startup-parameters.ts";
import { statementStatistics } from "./checks/statement-statistics.ts";
import { staticBudget } from "./checks/static-budget.ts";
import { unusedIndexes } from "./checks/unused-indexes.ts";
import { wraparound } from "./checks/wraparound.ts";

/** All that the doctor looks at, in the order in which it tells of it. */
export const CHECKS: readonly Check[] = [
  // What breaks a pooled installation.
  poolMode,
  startupParameters,
  statementStatistics,
  sessionState,
  advisoryLocks,
  preparedStatements,
  nestedTimeouts,
  roleTimeouts,
  // Connections.
  staticBudget,
  liveBudget,
  directConnections,
  // What runs, against workloads.yaml.
  aliases,
  pausedAliases,
  poolerDrift,
  postgresDrift,
  pendingRestart,
  migrations,
  services,
  // Indexes.
  invalidIndexes,
  missingIndexes,
  duplicateIndexes,
  unusedIndexes,
  // The data's safety.
  durability,
  autovacuum,
  wraparound,
  replicationSlots,
  preparedTransactions,
  disk,
  clockSkew,
  redisEviction,
  // Who may do what.
  roleRights,
  publicRights,
  passwords,
  hostAccess,
  internalListeners,
];
