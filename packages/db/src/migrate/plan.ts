import type { LedgerRow } from "./ledger.ts";
import { MigrationError } from "./migration-error.ts";
import type { Migration } from "./migration-file.ts";

/** How the files and a database's ledger stand to each other. */
export interface MigrationStatus {
  readonly applied: readonly LedgerRow[];
  readonly pending: readonly Migration[];
  /** Files whose name or text is no longer what was applied. */
  readonly changed: readonly Migration[];
  /** Ledger rows that no file stands for: the database is newer than the code. */
  readonly unknown: readonly LedgerRow[];
  /** Files left out although a later one was applied. */
  readonly skipped: readonly Migration[];
}

/** Compares files with the ledger; judges nothing. */
export function compareWithLedger(
  migrations: readonly Migration[],
  ledger: readonly LedgerRow[],
): MigrationStatus {
  const rows = new Map(ledger.map((row) => [row.number, row]));
  const numbers = new Set(migrations.map(({ number }) => number));
  const last = Math.max(0, ...rows.keys());
  const missing = migrations.filter(({ number }) => !rows.has(number));
  return {
    applied: ledger,
    pending: missing.filter(({ number }) => number > last),
    skipped: missing.filter(({ number }) => number < last),
    changed: migrations.filter(({ number, name, sha256 }) => {
      const row = rows.get(number);
      return row !== undefined && (row.name !== name || row.sha256 !== sha256);
    }),
    unknown: ledger.filter(({ number }) => !numbers.has(number)),
  };
}

/**
 * Refuses to go on where applying the pending files would not give the schema that the files describe.
 * @throws MigrationError `database_newer`, `changed` or `gap`.
 */
export function assertApplicable({ changed, unknown, skipped }: MigrationStatus): void {
  if (unknown.length > 0) {
    const names = unknown
      .map(({ number, name }) => `${String(number).padStart(4, "0")}_${name}`)
      .join(", ");
    throw new MigrationError(
      "database_newer",
      `The database is newer than this code: it has ${names}. Run the version of Sluice that brought it, or a later one.`,
    );
  }
  if (changed.length > 0) {
    throw new MigrationError(
      "changed",
      `${fileNames(changed)} was changed after it had been applied. Restore the file and put the change into a new migration.`,
    );
  }
  if (skipped.length > 0) {
    throw new MigrationError(
      "gap",
      `${fileNames(skipped)} was not applied although a later one was. Number a new migration after the last one.`,
    );
  }
}

function fileNames(migrations: readonly Migration[]): string {
  return migrations.map(({ file }) => file).join(", ");
}
