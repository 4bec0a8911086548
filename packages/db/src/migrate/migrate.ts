import { takeRunLock } from "./advisory-lock.ts";
import { applyMigration, type LockTimeouts } from "./apply.ts";
import { withConnection } from "./connection.ts";
import { repairInvalidIndexes } from "./invalid-indexes.ts";
import { ensureLedger, readLedger } from "./ledger.ts";
import { readMigrations } from "./migration-file.ts";
import { assertApplicable, compareWithLedger, type MigrationStatus } from "./plan.ts";
import { retryLock } from "./retry-lock.ts";
import { becomeOwner } from "./owner.ts";

export interface MigrateOptions {
  /** A DIRECT connection to PostgreSQL, as a member of `sluice_owner` or a superuser. */
  readonly url: string;
  /** Default: the product's own migrations. */
  readonly directory?: string;
  /** Told each step in one line. */
  readonly log?: (line: string) => void;
  /** An abort cancels the running statement; what had been applied stays. */
  readonly signal?: AbortSignal;
  /** How long refused locks are tried again, and another run is waited for, in all. Default 5 minutes. */
  readonly waitMs?: number;
  /** Default: 500 ms for statements that block queries, 30 s for CONCURRENTLY. */
  readonly lockTimeouts?: LockTimeouts;
}

/** The files that a run applied; none when there was nothing to do. */
export interface MigrateResult {
  readonly applied: readonly string[];
}

/**
 * Brings the database to the schema of the files. Safe to run from several places at once, to repeat, and
 * to stop at any moment.
 * @throws MigrationError with the reason, and what to do, in its message.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const migrations = readMigrations(options.directory);
  const { log = () => {}, signal, waitMs = 5 * 60_000 } = options;
  const lockTimeouts = options.lockTimeouts ?? { blockingMs: 500, concurrentMs: 30_000 };
  const deadline = performance.now() + waitMs;
  const steps = { deadline, log, lockTimeouts, ...(signal === undefined ? {} : { signal }) };
  return await withConnection(options, async (connection) => {
    await becomeOwner(connection);
    await takeRunLock(connection, deadline, signal);
    await ensureLedger(connection);
    const status = compareWithLedger(migrations, await readLedger(connection));
    assertApplicable(status);
    for (const migration of status.pending) {
      log(`${migration.file}: applying`);
      const durationMs = await applyMigration(connection, migration, steps);
      log(`${migration.file}: applied in ${Math.round(durationMs)} ms`);
    }
    await retryLock({ ...steps, what: "repair of invalid indexes" }, () =>
      repairInvalidIndexes(connection, log),
    );
    return { applied: status.pending.map(({ file }) => file) };
  });
}

/** What is applied, pending and changed; reads only. */
export async function migrationStatus(
  options: Pick<MigrateOptions, "url" | "directory" | "signal">,
): Promise<MigrationStatus> {
  const migrations = readMigrations(options.directory);
  const ledger = await withConnection(options, readLedger);
  return compareWithLedger(migrations, ledger);
}
