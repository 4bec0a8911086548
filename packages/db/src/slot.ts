import { setTimeout as sleep } from "node:timers/promises";
import type { PendingQuery, Row } from "postgres";
import { describeFirst } from "./describe-first.ts";
import { parameterText } from "./pg-values.ts";
import { closedError, SingleConnection } from "./single-connection.ts";
import { requestCancel } from "./socket.ts";
import { spoilsConnection } from "./sqlstate.ts";

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
const CANCEL_RETRY_MS = 20;
const RETIRE_TIMEOUT_MS = 1_000;

/** What postgres.js keeps on a query; not part of its published types. */
interface DriverQuery extends PendingQuery<Row[]> {
  /** The backend's key data, once the query has been sent. */
  readonly state: { readonly pid: number; readonly secret: number } | null;
  /** Values ready to be bound. */
  parameters: (string | null)[];
}

/** What a statement returned: its rows, how many it returned or changed, and its command tag (`SELECT`, `COMMIT`…). */
export interface StatementResult {
  readonly rows: Row[];
  readonly count: number;
  readonly command: string;
}

/**
 * One connection. When its socket is gone the slot is dead and its owner discards it, so that nothing that belonged to
 * the old connection (a transaction, a statement in flight) can continue on a new one.
 */
export class Slot {
  readonly openedAt = performance.now();
  readonly #prepare: boolean;
  readonly #connection: SingleConnection;
  #alive = true;
  #spoiled = false;
  #inFlight: DriverQuery | undefined;
  #cancelling: Promise<void> | undefined;
  readonly #onDeath: (slot: Slot) => void;

  private constructor(options: SlotOptions, onDeath: (slot: Slot) => void) {
    this.#prepare = options.prepare;
    this.#onDeath = onDeath;
    this.#connection = new SingleConnection({ ...options, onClose: () => this.#died() });
  }

  /**
   * A connection that has answered once.
   * @throws the socket's, the pooler's or the server's error, at the latest after `connectTimeoutMs`.
   */
  static async open(options: SlotOptions, onDeath: (slot: Slot) => void): Promise<Slot> {
    const slot = new Slot(options, onDeath);
    const timer = setTimeout(() => slot.close(), options.connectTimeoutMs);
    try {
      await slot.#connection.sql.unsafe("select 1");
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
   * @param onServer told when the pooler has found a server; that takes a round trip of its own
   * @throws PostgresError with the SQLSTATE, or the connection's error.
   */
  query(
    text: string,
    parameters: readonly unknown[],
    onServer?: () => void,
  ): Promise<StatementResult> {
    if (!this.#alive) return Promise.reject(closedError());
    const texts = parameters.map(parameterText);
    const query =
      onServer === undefined
        ? this.#driverQuery(text, texts)
        : this.#describedFirst(text, texts, onServer);
    // Rows are collected here: the driver counts them per connection and forgets to start again after a statement that
    // failed halfway, so that the next one's rows would stand behind as many holes.
    const rows: Row[] = [];
    const collected = query.forEach((row) => void rows.push(row));
    this.#inFlight = query;
    return collected.then(
      ({ count, command }) => {
        this.#inFlight = undefined;
        return { rows, count: count ?? 0, command }; // EXPLAIN and utility statements report no count
      },
      (error: unknown) => {
        this.#inFlight = undefined;
        this.#spoiled ||= spoilsConnection(error);
        throw error;
      },
    );
  }

  /**
   * The driver asks the server for the types of parameters that it is given, which takes a round trip of its own
   * before the statement's. Texts need no types: set on the query as they stand after that, they go out with the
   * statement at once. Through PgBouncer that is 1.5 times the statements a second, at 1 client and at 64. A driver
   * that looked elsewhere for them would bind none, and the server refuse every statement.
   */
  #driverQuery(text: string, parameters: (string | null)[]): DriverQuery {
    if (parameters.length === 0) return this.#connection.sql.unsafe(text) as DriverQuery;
    const options = { prepare: this.#prepare, simple: false };
    const query = this.#connection.sql.unsafe(text, [], options) as DriverQuery;
    query.parameters = parameters;
    return query;
  }

  /** Unnamed, since of a statement that is prepared already there is nothing to describe. */
  #describedFirst(text: string, parameters: (string | null)[], onServer: () => void): DriverQuery {
    const options = { prepare: false, simple: false };
    const query = this.#connection.sql.unsafe(text, [], options) as DriverQuery;
    query.parameters = parameters;
    describeFirst(query, onServer);
    return query;
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

  /**
   * Asked again until it works: a request that comes before the statement has reached the server hits nothing.
   */
  async #cancel(query: DriverQuery): Promise<void> {
    const settled = query.then(ignore, ignore).then(() => true);
    const giveUpAt = performance.now() + CANCEL_TIMEOUT_MS;
    while (performance.now() < giveUpAt) {
      const { state } = query;
      if (state !== null && !(await this.#requestCancel(state))) break;
      if (await Promise.race([settled, sleep(CANCEL_RETRY_MS, false)])) return;
    }
    this.close();
    await settled;
  }

  /** @returns false when the pooler can't be reached: the connection is worthless then. */
  async #requestCancel(key: NonNullable<DriverQuery["state"]>): Promise<boolean> {
    try {
      await requestCancel(this.#connection.address, key, CANCEL_TIMEOUT_MS);
      return true;
    } catch {
      return false;
    }
  }

  /** Closes the connection at once; a statement in flight fails. Idempotent. */
  close(): void {
    this.#died();
    this.#connection.destroy();
  }

  /** Closes an idle connection in good order. */
  async retire(): Promise<void> {
    this.#died();
    await this.#connection.end(RETIRE_TIMEOUT_MS);
  }

  #died(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#onDeath(this);
  }
}

function ignore(): void {}
