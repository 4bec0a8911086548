import postgres, { type Sql } from "postgres";
import { until } from "./until.ts";

/** While PostgreSQL starts it is asked this often: the recovery time is on the clock. */
const PROBE_MS = 50;

/** Faults that waiting does not cure: a wrong password, a role or database that is not there. */
const FATAL = new Set(["28P01", "28000", "3D000"]);

/** The supervisor's own connection, straight to PostgreSQL: one, kept, and opened again when it is lost. */
export class DirectConnection {
  readonly #url: string;
  #sql: Sql | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** The connection, once PostgreSQL answers on it. @throws Error for faults that waiting does not cure */
  async ready(signal: AbortSignal): Promise<Sql> {
    return await until(() => this.#probe(), { everyMs: PROBE_MS, signal });
  }

  async close(): Promise<void> {
    const sql = this.#sql;
    this.#sql = undefined;
    await sql?.end({ timeout: 1 });
  }

  async #probe(): Promise<Sql | undefined> {
    const sql = (this.#sql ??= connect(this.#url));
    try {
      await sql`select 1`;
      return sql;
    } catch (error) {
      await this.close();
      if (FATAL.has(String((error as { code?: unknown }).code))) throw error;
      return undefined;
    }
  }
}

function connect(url: string): Sql {
  return postgres(url, {
    max: 1,
    max_lifetime: null,
    prepare: false,
    fetch_types: false,
    connect_timeout: 2,
    connection: { application_name: "sluice-supervisor" },
    onnotice: () => undefined,
  });
}
