import type { Socket } from "node:net";
import postgres from "postgres";
import { pgTypes } from "./pg-values.ts";
import { type Address, openSocket } from "./socket.ts";

export interface SingleConnectionOptions {
  readonly url: string;
  /** @default the URL's */
  readonly database?: string;
  readonly applicationName: string;
  readonly prepare: boolean;
  readonly connectTimeoutMs: number;
  readonly onClose?: () => void;
}

/**
 * A postgres.js client of exactly one socket, which is never reopened. Left alone the driver reconnects: in a tight
 * loop when the other side accepts and hangs up, and even after `end()` when an attempt was under way.
 */
export class SingleConnection {
  readonly sql: postgres.Sql;
  readonly address: Address;
  readonly #options: SingleConnectionOptions;
  #socket: Socket | undefined;
  #closed = false;

  constructor(options: SingleConnectionOptions) {
    this.#options = options;
    this.sql = this.#client();
    this.address = { host: this.sql.options.host[0]!, port: this.sql.options.port[0]! };
  }

  /** Closes the socket at once; a statement in flight fails. Idempotent. */
  destroy(): void {
    this.#closed = true;
    this.#socket?.destroy();
    void this.sql.end({ timeout: 0 });
  }

  /** Says farewell as PostgreSQL's protocol wants it, so that the pooler does not log a broken client. */
  async end(timeoutMs: number): Promise<void> {
    await this.sql.end({ timeout: timeoutMs / 1_000 });
    this.destroy();
  }

  #client(): postgres.Sql {
    const { url, database, applicationName, prepare, connectTimeoutMs, onClose } = this.#options;
    return postgres(url, {
      ...(database === undefined ? {} : { database }),
      max: 1,
      max_pipeline: 0, // a pipelined statement would wait behind a slow one, unseen by the gate
      prepare,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: connectTimeoutMs / 1_000,
      connection: { application_name: applicationName },
      types: pgTypes,
      onnotice: () => {},
      onclose: () => onClose?.(),
      socket: () => this.#onlySocket(),
    } as postgres.Options<Record<string, postgres.PostgresType>>);
  }

  async #onlySocket(): Promise<Socket> {
    if (this.#closed || this.#socket !== undefined) throw closedError();
    const socket = await openSocket(this.address, this.#options.connectTimeoutMs);
    if (this.#closed) {
      socket.destroy();
      throw closedError();
    }
    // Told before the driver is. It fails the statement in flight at the error and forgets the connection at the close,
    // which comes later: a statement given to it in between would never be answered.
    socket.once("error", () => this.#options.onClose?.());
    return (this.#socket = socket);
  }
}

/** What a statement gets that comes too late. */
export function closedError(): Error {
  return Object.assign(new Error("The connection is closed"), { code: "CONNECTION_CLOSED" });
}
