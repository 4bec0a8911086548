import { type ConnectionOptions, errorCode, withConnection } from "./connection.ts";

/** What diagnostics read; they say so themselves where it is missing. */
const EXTENSION = "pg_stat_statements";

/**
 * Installs the extension that statement statistics come from, where the server has it. May be repeated.
 * @returns the statements that the login was not allowed to run: an administrator has to.
 */
export async function ensureExtensions({
  log = () => {},
  ...options
}: ConnectionOptions & { readonly log?: (line: string) => void }): Promise<string[]> {
  return await withConnection(options, async (connection) => {
    const missing = await connection.query(
      "SELECT FROM pg_catalog.pg_available_extensions WHERE name = $1 AND installed_version IS NULL",
      [EXTENSION],
    );
    if (missing.length === 0) return [];
    const statement = `CREATE EXTENSION IF NOT EXISTS ${EXTENSION} SCHEMA public`;
    try {
      await connection.execute(statement);
      log(`extensions: ${EXTENSION} installed`);
      return [];
    } catch (error) {
      if (errorCode(error) !== "42501") throw error;
      log(`extensions: an administrator has to run: ${statement}`);
      return [statement];
    }
  });
}
