import postgres from "postgres";
import { MigrationError } from "./migration-error.ts";

export interface ConnectionOptions {
  /** A DIRECT connection to PostgreSQL: session locks and settings do not survive PgBouncer. */
  readonly url: string;
  readonly signal?: AbortSignal;
}

/** The one server session of a run. */
export interface ReservedConnection {
  query<R extends object>(text: string, parameters?: (string | number | null)[]): Promise<R[]>;
  /** Several statements in one message: one transaction, unless `text` has its own. */
  execute(text: string): Promise<void>;
  transaction(body: () => Promise<void>): Promise<void>;
  /** Throws `connection_lost` when the driver has silently opened another session. */
  assertSameSession(): Promise<void>;
}

/**
 * Opens one session for `body` and closes it afterwards. An abort of the signal cancels the running
 * statement on the server.
 */
export async function withConnection<T>(
  options: ConnectionOptions,
  body: (connection: ReservedConnection) => Promise<T>,
): Promise<T> {
  const sql = open(options.url);
  try {
    return await body(await reserve(sql, options.signal));
  } catch (error) {
    if (options.signal?.aborted === true)
      throw new MigrationError(
        "aborted",
        "The run was stopped; what had been applied stays applied.",
        { cause: error },
      );
    throw error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function open(url: string): postgres.Sql {
  return postgres(url, {
    max: 1,
    max_lifetime: null,
    idle_timeout: 0,
    fetch_types: false,
    prepare: false,
    connect_timeout: 10,
    onnotice: () => {},
    connection: {
      application_name: "sluice-migrate",
      search_path: "",
      // Generous: an index over a big table takes as long as it takes. It bounds a statement nobody watches.
      statement_timeout: 4 * 3_600_000,
      idle_in_transaction_session_timeout: 60_000,
    },
  });
}

async function reserve(sql: postgres.Sql, signal?: AbortSignal): Promise<ReservedConnection> {
  const run = async <R extends object>(pending: postgres.PendingQuery<R[]>): Promise<R[]> => {
    signal?.throwIfAborted();
    const cancel = (): void => pending.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return [...(await pending)];
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  };
  const query: ReservedConnection["query"] = (text, parameters = []) =>
    run(sql.unsafe(text, parameters));
  const pidOf = async (): Promise<unknown> =>
    (await query<{ pid: number }>("SELECT pg_backend_pid() AS pid"))[0]?.pid;
  const pid = await pidOf();
  const execute = async (text: string): Promise<void> => {
    await run(sql.unsafe(text).simple());
  };
  return {
    query,
    execute,
    async transaction(body) {
      await execute("BEGIN");
      try {
        await body();
        await execute("COMMIT");
      } catch (error) {
        // On a lost connection the server has rolled back already; the first error is the one to tell.
        await sql
          .unsafe("ROLLBACK")
          .simple()
          .catch(() => {});
        throw error;
      }
    },
    async assertSameSession() {
      if ((await pidOf()) === pid) return;
      throw new MigrationError(
        "connection_lost",
        "The connection was lost, and with it the lock that keeps other runs out. Run the migrations again.",
      );
    },
  };
}

/** The SQLSTATE of a server's error, or the driver's own code. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
