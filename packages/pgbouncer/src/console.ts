import postgres, { type Sql } from "postgres";
import { type PgbouncerVersion, parsePgbouncerVersion } from "./version.ts";
import { readViewRow, type ViewName, type ViewRow } from "./views.ts";

/** A console that did not answer in time. Its connection has been dropped; the next call opens another. */
export class ConsoleTimeoutError extends Error {
  override readonly name = "ConsoleTimeoutError";
}

export interface ConsoleOptions {
  /** `postgres://user:password@host:port/pgbouncer`, as one of admin_users or stats_users. */
  readonly url: string;
  readonly applicationName?: string;
  /** How long one command may take, logging in included. @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * PgBouncer's admin console over one connection that stays open: consoles count towards `max_client_conn`, so
 * that one opened when it is needed would be refused in the very storm that it has to look at.
 */
export class PgbouncerConsole {
  readonly #options: ConsoleOptions;
  #sql: Sql | undefined;

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  /** The rows of `SHOW <view>`, by column names; columns this release does not have are null. */
  async show<V extends ViewName>(view: V): Promise<ViewRow<V>[]> {
    const rows = await this.#run(`SHOW ${view.toUpperCase()}`);
    return rows.map((row) => readViewRow(view, row));
  }

  async version(): Promise<PgbouncerVersion> {
    const [row] = await this.show("version");
    return parsePgbouncerVersion(row?.version ?? "");
  }

  /**
   * Changes a setting in memory, at once. The next RELOAD or restart goes back to the file.
   * Settings that only a restart changes are accepted and ignored by PgBouncer: read back with `show("config")`.
   */
  async set(key: string, value: string | number): Promise<void> {
    await this.#run(`SET ${name(key)} = '${String(value).replaceAll("'", "''")}'`);
  }

  /** Reads the configuration file again; undoes every `set`. */
  async reload(): Promise<void> {
    await this.#run("RELOAD");
  }

  /** Closes each server connection of an alias as soon as it is free; no running query is lost. */
  async reconnect(alias: string): Promise<void> {
    await this.#run(`RECONNECT ${name(alias)}`);
  }

  /** Waits for the alias's running transactions, then holds its clients until `resume`. */
  async pause(alias: string, timeoutMs?: number): Promise<void> {
    await this.#run(`PAUSE ${name(alias)}`, timeoutMs);
  }

  async resume(alias: string): Promise<void> {
    await this.#run(`RESUME ${name(alias)}`);
  }

  /** Closes the connection. Safe to call again. */
  async close(): Promise<void> {
    const sql = this.#sql;
    this.#sql = undefined;
    await sql?.end({ timeout: 0 });
  }

  async #run(
    command: string,
    timeoutMs = this.#options.timeoutMs ?? 5_000,
  ): Promise<Record<string, unknown>[]> {
    const sql = (this.#sql ??= connect(this.#options));
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => timeout.reject(this.#late(command, timeoutMs)), timeoutMs);
    try {
      // The console speaks the simple protocol only, and drops who speaks another.
      return await Promise.race([sql.unsafe(command).simple(), timeout.promise]);
    } catch (error) {
      if (error instanceof ConsoleTimeoutError && this.#sql === sql) await this.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #late(command: string, timeoutMs: number): ConsoleTimeoutError {
    const { host } = new URL(this.#options.url);
    return new ConsoleTimeoutError(
      `PgBouncer at ${host} did not answer "${command}" within ${timeoutMs} ms.`,
    );
  }
}

function connect({
  url,
  applicationName = "sluice-console",
  timeoutMs = 5_000,
}: ConsoleOptions): Sql {
  return postgres(url, {
    max: 1,
    max_lifetime: null,
    prepare: false,
    fetch_types: false,
    connect_timeout: timeoutMs / 1000,
    connection: { application_name: applicationName },
    onnotice: () => undefined,
  });
}

/** Names go into commands unquoted: PgBouncer's console has no parameters. */
function name(text: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(text))
    throw new TypeError(`Not a name that PgBouncer's console takes: ${text}`);
  return text;
}
