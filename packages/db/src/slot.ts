import type { Socket } from "node:net";
import postgres, { type PendingQuery, type Row } from "postgres";
import { pgTypes, toParameter } from "./pg-values.ts";
import { spoilsConnection } from "./sqlstate.ts";
import { type Address, openSocket, requestCancel } from "./socket.ts";

export interface SlotOptions {
  /** `postgres://role:password@host:port/alias`. */
  readonly url: string;
  /** Shown by PostgreSQL and PgBouncer as the source of the connection. */
  readonly applicationName: string;
  /** Named prepared statements; only where the pooler keeps them (see pooler.ts). */
  readonly prepare: boolean;
  /** Time for TCP, log-in and the first answer. */
  readonly connectTimeoutMs: number;
}

/** How long a cancel request, and then the cancelled statement, may take before the connection is given up. */
const CANCEL_TIMEOUT_MS = 1_000;
const RETIRE_TIMEOUT_S = 1;

/** The backend's key data that postgres.js keeps on a query it has sent; not part of its published types. */
interface Sent {
  readonly state: { readonly pid: number; readonly secret: number } | null;
}

/** What a statement returned: its rows, how many it returned or changed, and its command tag (`SELECT`, `COMMIT`…). */
export interface StatementResult {
  readonly rows: Row[];
  readonly count: number;
  readonly command: string;
}

/**
 * One connection: a postgres.js client of exactly one socket that is never reopened. When the socket is gone the
 * slot is dead and its owner discards it, so that nothing that belonged to the old connection (a transaction, a
 * statement in flight) can continue on a new one.
 */
export class Slot {
  readonly openedAt = performance.now();
  readonly #options: SlotOptions;
  readonly #sql: postgres.Sql;
  readonly #address: Address;
  #socket: Socket | undefined;
  #alive = true;
  #spoiled = false;
  #inFlight: PendingQuery<Row[]> | undefined;
  #cancelling: Promise<void> | undefined;
  readonly #onDeath: (slot: Slot) => void;

  private constructor(options: SlotOptions, onDeath: (slot: Slot) => void) {
    this.#options = options;
    this.#onDeath = onDeath;
    this.#sql = this.#client();
    this.#address = { host: this.#sql.options.host[0]!, port: this.#sql.options.port[0]! };
  }

  /**
   * A connection that has answered once.
   * @throws the socket's, the pooler's or the server's error, at the latest after `connectTimeoutMs`.
   */
  static async open(options: SlotOptions, onDeath: (slot: Slot) => void): Promise<Slot> {
    const slot = new Slot(options, onDeath);
    const timer = setTimeout(() => slot.close(), options.connectTimeoutMs);
    try {
      await slot.#sql.unsafe("select 1");
      return slot;
    } catch (error) {
      slot.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** A statement is in flight, or a cancel request that could still hit the next one. */
  get busy(): boolean {
    return this.#inFlight !== undefined || this.#cancelling !== undefined;
  }

  /** Resolves when the connection is free again, or closed. */
  async settled(): Promise<void> {
    await this.#cancelling;
    await this.#inFlight?.then(ignore, ignore);
  }

  /** An error has left the connection in a state that can't be trusted. */
  get spoiled(): boolean {
    return this.#spoiled;
  }

  /**
   * Runs one statement; one at a time.
   * @throws PostgresError with the SQLSTATE, or the connection's error.
   */
  query(text: string, parameters: readonly unknown[]): Promise<StatementResult> {
    const bound = parameters.map(toParameter) as postgres.ParameterOrJSON<never>[];
    const query = this.#sql.unsafe<Row[]>(text, bound, { prepare: this.#options.prepare });
    this.#inFlight = query;
    return query.then(
      (rows) => {
        this.#inFlight = undefined;
        return { rows, count: rows.count, command: rows.command };
      },
      (error: unknown) => {
        this.#inFlight = undefined;
        this.#spoiled ||= spoilsConnection(error);
        throw error;
      },
    );
  }

  /**
   * Has the statement in flight cancelled on the server. When the request fails, or the statement goes on all the
   * same, the connection is closed instead. Settles when the connection is free again or closed.
   */
  cancel(): Promise<void> {
    const query = this.#inFlight;
    if (query === undefined) return Promise.resolve();
    this.#cancelling ??= this.#cancel(query).finally(() => (this.#cancelling = undefined));
    return this.#cancelling;
  }

  async #cancel(query: PendingQuery<Row[]>): Promise<void> {
    const settled = query.then(ignore, ignore);
    const { state } = query as unknown as Sent;
    const giveUp = setTimeout(() => this.close(), CANCEL_TIMEOUT_MS);
    try {
      // Without a key the statement has not left this process: closing is the only way to stop it.
      if (state === null) this.close();
      else await requestCancel(this.#address, state, CANCEL_TIMEOUT_MS);
    } catch {
      this.close(); // the cancel request failed: the pooler is unreachable, so the connection is worthless too
    }
    await settled;
    clearTimeout(giveUp);
  }

  /** Closes the connection at once; a statement in flight fails. Idempotent. */
  close(): void {
    this.#socket?.destroy();
    this.#died();
    void this.#sql.end({ timeout: 0 });
  }

  /** Closes an idle connection with PostgreSQL's own farewell, so that the pooler does not log a broken client. */
  async retire(): Promise<void> {
    this.#died();
    await this.#sql.end({ timeout: RETIRE_TIMEOUT_S });
    this.#socket?.destroy();
  }

  #client(): postgres.Sql {
    const { url, applicationName, connectTimeoutMs } = this.#options;
    return postgres(url, {
      max: 1,
      max_pipeline: 0, // a pipelined statement would wait behind a slow one, unseen by the gate
      prepare: this.#options.prepare,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: connectTimeoutMs / 1_000,
      connection: { application_name: applicationName },
      types: pgTypes,
      onnotice: ignore,
      onclose: () => this.#died(),
      socket: () => this.#firstSocket(),
    } as postgres.Options<Record<string, postgres.PostgresType>>);
  }

  /** The slot's only socket: the driver's attempt to reconnect is refused. */
  async #firstSocket(): Promise<Socket> {
    if (!this.#alive || this.#socket !== undefined) throw closedError();
    const socket = await openSocket(this.#address, this.#options.connectTimeoutMs);
    if (!this.#alive) {
      socket.destroy();
      throw closedError();
    }
    return (this.#socket = socket);
  }

  #died(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#onDeath(this);
  }
}

function closedError(): Error {
  return Object.assign(new Error("The connection is closed"), { code: "CONNECTION_CLOSED" });
}

function ignore(): void {}
