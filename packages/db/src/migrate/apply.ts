import postgres from "postgres";
import type { ReservedConnection } from "./connection.ts";
import { concurrentIndex, dropInvalidIndex } from "./invalid-indexes.ts";
import { recordMigration } from "./ledger.ts";
import { MigrationError } from "./migration-error.ts";
import type { Migration } from "./migration-file.ts";
import { type LockRetry, retryLock } from "./retry-lock.ts";
import type { Statement } from "./split-statements.ts";

/** How long one attempt waits for a lock, in milliseconds. */
export interface LockTimeouts {
  /** Of a statement that queues the application's queries behind it: what they may have to wait. */
  readonly blockingMs: number;
  /** Of CONCURRENTLY statements, which wait for old transactions and hold up no query meanwhile. */
  readonly concurrentMs: number;
}

export interface ApplyOptions extends Omit<LockRetry, "what"> {
  readonly lockTimeouts: LockTimeouts;
}

/**
 * Applies one migration and records it.
 * @throws MigrationError `statement_failed`, `lock_timeout` or `connection_lost`; of a transactional file
 *   nothing stays then, any other is resumed by the next run.
 */
export async function applyMigration(
  connection: ReservedConnection,
  migration: Migration,
  options: ApplyOptions,
): Promise<number> {
  const started = performance.now();
  const apply = migration.transactional ? applyInTransaction : applyByStatement;
  await apply(connection, migration, options, () => performance.now() - started);
  return performance.now() - started;
}

type Apply = (
  connection: ReservedConnection,
  migration: Migration,
  options: ApplyOptions,
  elapsedMs: () => number,
) => Promise<void>;

const applyInTransaction: Apply = async (connection, migration, options, elapsedMs) => {
  await retryLock({ ...options, what: migration.file }, async () => {
    await connection.assertSameSession();
    await setLockTimeout(connection, options.lockTimeouts.blockingMs);
    await connection.transaction(async () => {
      for (const statement of migration.statements) await run(connection, migration, statement);
      await recordMigration(connection, migration, elapsedMs());
    });
  });
};

const applyByStatement: Apply = async (connection, migration, options, elapsedMs) => {
  for (const statement of migration.statements) {
    const index = concurrentIndex(statement);
    const concurrent = / CONCURRENTLY /i.test(statement.bare);
    const { blockingMs, concurrentMs } = options.lockTimeouts;
    await retryLock({ ...options, what: `${migration.file}:${statement.line}` }, async () => {
      await connection.assertSameSession();
      await setLockTimeout(connection, concurrent ? concurrentMs : blockingMs);
      if (index !== undefined) await dropInvalidIndex(connection, index, options.log);
      await run(connection, migration, statement);
    });
  }
  await recordMigration(connection, migration, elapsedMs());
};

async function setLockTimeout(connection: ReservedConnection, ms: number): Promise<void> {
  await connection.query(`SELECT pg_catalog.set_config('lock_timeout', $1, false)`, [`${ms}ms`]);
}

async function run(
  connection: ReservedConnection,
  migration: Migration,
  statement: Statement,
): Promise<void> {
  try {
    await connection.execute(statement.text);
  } catch (error) {
    if (
      !(error instanceof postgres.PostgresError) ||
      error.code === "55P03" ||
      error.code === "40P01"
    )
      throw error;
    const hint = error.hint === undefined ? "" : ` (${error.hint})`;
    const detail = `${migration.file}:${statement.line}: ${error.message}${hint} [${error.code}]`;
    throw new MigrationError("statement_failed", detail, { cause: error });
  }
}
