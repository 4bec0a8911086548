import type { ReservedConnection } from "./connection.ts";
import type { Migration } from "./migration-file.ts";

/** One applied migration. */
export interface LedgerRow {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  /** RFC 3339, UTC. */
  readonly appliedAt: string;
  readonly durationMs: number;
}

/** Makes the ledger where there is none yet. */
export async function ensureLedger(connection: ReservedConnection): Promise<void> {
  if (await hasLedger(connection)) return;
  await connection.execute(`
    CREATE SCHEMA IF NOT EXISTS migrations;
    CREATE TABLE IF NOT EXISTS migrations.ledger (
      number integer NOT NULL,
      name text NOT NULL,
      sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      duration_ms bigint NOT NULL,
      CONSTRAINT ledger_pkey PRIMARY KEY (number)
    )`);
}

/** The applied migrations in order; none when the database has no ledger. */
export async function readLedger(connection: ReservedConnection): Promise<LedgerRow[]> {
  if (!(await hasLedger(connection))) return [];
  const rows = await connection.query<{
    number: number;
    name: string;
    sha256: string;
    applied_at: string;
    duration_ms: string;
  }>(
    `SELECT number, name, sha256, duration_ms,
            to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS applied_at
       FROM migrations.ledger ORDER BY number`,
  );
  return rows.map((row) => ({
    number: row.number,
    name: row.name,
    sha256: row.sha256,
    appliedAt: row.applied_at,
    durationMs: Number(row.duration_ms),
  }));
}

/** Records a migration as applied, in the transaction that is open. */
export async function recordMigration(
  connection: ReservedConnection,
  migration: Migration,
  durationMs: number,
): Promise<void> {
  const { number, name, sha256 } = migration;
  await connection.query(
    `INSERT INTO migrations.ledger (number, name, sha256, duration_ms) VALUES ($1, $2, $3, $4)`,
    [number, name, sha256, Math.round(durationMs)],
  );
}

async function hasLedger(connection: ReservedConnection): Promise<boolean> {
  const [row] = await connection.query<{ found: boolean }>(
    `SELECT to_regclass('migrations.ledger') IS NOT NULL AS found`,
  );
  return row?.found === true;
}
