import type { ReservedConnection } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";
import type { Statement } from "./split-statements.ts";

const CREATE_INDEX =
  /^CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS "?(\w+)"? ON (?:ONLY )?"?(\w+)"?\."?(\w+)"?/i;

/** An index that a failed concurrent build left behind: it costs writes and answers nothing. */
interface InvalidIndex {
  readonly name: string;
  readonly qualified: string;
  readonly builder: number | null;
}

/** The index that a statement builds concurrently, if it is such a statement. */
export function concurrentIndex({ bare }: Statement): { schema: string; name: string } | undefined {
  const [, name, schema] = CREATE_INDEX.exec(bare) ?? [];
  return name === undefined || schema === undefined ? undefined : { schema, name };
}

/** Drops the invalid index of this name, so that IF NOT EXISTS does not take the ruin for the index. */
export async function dropInvalidIndex(
  connection: ReservedConnection,
  index: { schema: string; name: string },
  log: (line: string) => void,
): Promise<void> {
  for (const found of await listInvalidIndexes(connection, index.schema, index.name)) {
    log(`${found.qualified} was left invalid by a failed build; dropping it to build it again`);
    await connection.execute(`DROP INDEX CONCURRENTLY IF EXISTS ${found.qualified}`);
  }
}

/** Rebuilds what is still invalid in the schemas that the current role owns, and drops what a failed rebuild left. */
export async function repairInvalidIndexes(
  connection: ReservedConnection,
  log: (line: string) => void,
): Promise<void> {
  for (const { name, qualified } of await listInvalidIndexes(connection)) {
    const leftover = /_cc(new|old)\d*$/.test(name);
    log(
      `${qualified} is invalid; ${leftover ? "dropping what a failed rebuild left" : "rebuilding it"}`,
    );
    // A rebuild in place keeps the definition in the catalogue: a crash between drop and create would lose it.
    await connection.execute(
      leftover
        ? `DROP INDEX CONCURRENTLY IF EXISTS ${qualified}`
        : `REINDEX INDEX CONCURRENTLY ${qualified}`,
    );
  }
}

/** Ordinary indexes alone: that of a partitioned table is rightly invalid until all partitions have theirs. */
async function listInvalidIndexes(
  connection: ReservedConnection,
  schema?: string,
  name?: string,
): Promise<InvalidIndex[]> {
  const found = await connection.query<InvalidIndex>(
    `SELECT c.relname AS name, format('%I.%I', n.nspname, c.relname) AS qualified,
            (SELECT l.pid FROM pg_catalog.pg_locks l
              WHERE l.locktype = 'relation' AND l.relation = i.indrelid AND l.granted
                AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_backend_pid() LIMIT 1) AS builder
       FROM pg_catalog.pg_index i
       JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT (i.indisvalid AND i.indisready) AND c.relkind = 'i'
        AND pg_catalog.pg_has_role(c.relowner, 'MEMBER')
        AND n.nspname !~ '^pg_'
        AND ($1::text IS NULL OR n.nspname = $1) AND ($2::text IS NULL OR c.relname = $2)
      ORDER BY 2`,
    [schema ?? null, name ?? null],
  );
  const busy = found.find(({ builder }) => builder !== null);
  if (busy !== undefined) throw beingBuilt(busy);
  return found;
}

/** A build still under way looks like a failed one, except that its session holds the table's lock. */
function beingBuilt({ qualified, builder }: InvalidIndex): MigrationError {
  return new MigrationError(
    "busy",
    `${qualified} is invalid and session ${builder} is at work on its table. Wait for it to end, then run again.`,
  );
}
