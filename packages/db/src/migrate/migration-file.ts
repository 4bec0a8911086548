import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MigrationError } from "./migration-error.ts";
import { splitStatements, type Statement } from "./split-statements.ts";

/** The product's own migrations. */
export const MIGRATIONS_DIRECTORY = fileURLToPath(
  new URL("../../../../migrations/", import.meta.url),
);

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const NO_TRANSACTION = /^-- migrate:no-transaction\s*$/m;

/** One file of the migrations directory. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
  readonly sql: string;
  readonly statements: readonly Statement[];
  /** False for files with the header `-- migrate:no-transaction`: each statement then commits by itself. */
  readonly transactional: boolean;
}

/**
 * Reads `0001_name.sql`, `0002_name.sql`, … in order; other files (`schema.sql`) are not migrations.
 * @throws MigrationError `invalid_files` when numbers are missing or used twice, or a file breaks a rule.
 */
export function readMigrations(directory: string = MIGRATIONS_DIRECTORY): Migration[] {
  const files = readdirSync(directory)
    .filter((file) => FILE_NAME.test(file))
    .toSorted();
  return files.map((file, index) => {
    const migration = parseMigration(file, readFileSync(join(directory, file), "utf8"));
    if (migration.number !== index + 1) {
      const wanted = String(index + 1).padStart(4, "0");
      throw new MigrationError(
        "invalid_files",
        `${file} stands where ${wanted}_….sql is expected: number the files without gaps or repeats.`,
      );
    }
    return migration;
  });
}

/** One migration from its file's name and text. */
export function parseMigration(file: string, text: string): Migration {
  const [, digits = "", name = ""] = FILE_NAME.exec(file) ?? [];
  // Git may check a file out with other line ends; that is not a change of the migration.
  const sql = text.replaceAll("\r\n", "\n");
  const migration = {
    number: Number(digits),
    name,
    file,
    sha256: createHash("sha256").update(sql).digest("hex"),
    sql,
    statements: splitStatements(sql),
    transactional: !NO_TRANSACTION.test(sql),
  };
  for (const statement of migration.statements) checkStatement(migration, statement);
  return migration;
}

function checkStatement({ file, transactional }: Migration, { bare, line }: Statement): void {
  const refuse = (why: string): never => {
    throw new MigrationError("invalid_files", `${file}:${line}: ${why}`);
  };
  if (/^(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|SAVEPOINT)\b/i.test(bare)) {
    refuse("the runner opens and ends the transactions; take this statement out.");
  }
  const concurrently = /^(CREATE (UNIQUE )?INDEX|DROP INDEX|REINDEX .*) CONCURRENTLY\b/i.test(bare);
  if (concurrently && transactional) {
    refuse(
      "CONCURRENTLY cannot run in a transaction; give the file the header `-- migrate:no-transaction`.",
    );
  }
  if (
    /^CREATE (UNIQUE )?INDEX CONCURRENTLY (?!IF NOT EXISTS )/i.test(bare) ||
    /^DROP INDEX CONCURRENTLY (?!IF EXISTS )/i.test(bare)
  ) {
    refuse("a file without a transaction is resumed by running it again; write IF [NOT] EXISTS.");
  }
}
