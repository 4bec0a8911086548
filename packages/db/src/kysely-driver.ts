import {
  AbortedTransactionError,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import { type Call, currentCall } from "./call.ts";
import type { Gate } from "./gate.ts";
import type { Lease, StatementLimits } from "./lease.ts";
import type { PoolMeter } from "./metrics.ts";
import { traceStatement, traceStep } from "./operation-spans.ts";
import { CommitLost } from "./pool-errors.ts";
import { isGone } from "./sqlstate.ts";

/** Kysely for PostgreSQL over a gate: a connection of Kysely's is a lease of ours. */
export function gateDialect(gate: Gate, meter: PoolMeter): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new GateDriver(gate, meter),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

/**
 * Written on Kysely's own interface: its PostgresDriver can't roll back on connections that are not its own, and
 * kysely-postgres-js leaves callers stranded when a server connection dies.
 */
class GateDriver implements Driver {
  readonly #gate: Gate;
  readonly #meter: PoolMeter;

  constructor(gate: Gate, meter: PoolMeter) {
    this.#gate = gate;
    this.#meter = meter;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<LeasedConnection> {
    const call = currentCall();
    const lease =
      call.span === undefined
        ? this.#gate.acquire(call)
        : traceStep(call.span, "gate.wait", () => this.#gate.acquire(call));
    return new LeasedConnection(await lease, this.#meter);
  }

  async beginTransaction(
    connection: LeasedConnection,
    { isolationLevel }: TransactionSettings,
  ): Promise<void> {
    const level = isolationLevel === undefined ? "" : ` isolation level ${isolationLevel}`;
    await connection.begin(`begin${level}`);
  }

  async commitTransaction(connection: LeasedConnection): Promise<void> {
    const command = await connection.commit();
    // PostgreSQL answers `commit` of a failed transaction with ROLLBACK, and no error.
    if (command === "ROLLBACK") throw new AbortedTransactionError();
  }

  /**
   * Never hides the error that led here. When the connection is gone the server has rolled back already; when it
   * breaks now, the lease is still in a transaction and its slot is closed instead of reused.
   */
  async rollbackTransaction(connection: LeasedConnection): Promise<void> {
    if (connection.alive) await connection.end("rollback").catch(() => undefined);
  }

  async releaseConnection(connection: LeasedConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {}
}

class LeasedConnection implements DatabaseConnection {
  readonly #lease: Lease;
  readonly #meter: PoolMeter;

  constructor(lease: Lease, meter: PoolMeter) {
    this.#lease = lease;
    this.#meter = meter;
  }

  get alive(): boolean {
    return this.#lease.alive;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const call = currentCall();
    const start = performance.now();
    try {
      const limits = limitsOf(call);
      const { rows, count } = await (call.span === undefined
        ? this.#lease.query(sql, parameters, limits)
        : traceStatement(call.span, call, (onServer) =>
            this.#lease.query(sql, parameters, { ...limits, onServer }),
          ));
      return { rows: rows as R[], numAffectedRows: BigInt(count) };
    } finally {
      this.#meter.ran(call.operation, performance.now() - start);
    }
  }

  /** Cancelled when the caller leaves: here the pooler looks for a server, which may take its time. */
  async begin(statement: string): Promise<void> {
    this.#lease.inTransaction = true;
    const call = currentCall();
    const begin = (): Promise<unknown> => this.#lease.query(statement, [], limitsOf(call));
    await (call.span === undefined ? begin() : traceStep(call.span, "pooler.wait", begin));
  }

  /** Not cancelled when the caller leaves: a transaction is always brought to its end. @returns the command tag. */
  async end(statement: "commit" | "rollback"): Promise<string> {
    const { span, timeoutMs } = currentCall();
    const end = () => this.#lease.end(statement, timeoutMs);
    const { command } = await (span === undefined ? end() : traceStep(span, statement, end));
    this.#lease.inTransaction = false;
    return command;
  }

  /** @returns the command tag. @throws CommitLost when the connection broke after `commit` was sent. */
  async commit(): Promise<string> {
    const sent = this.alive;
    try {
      return await this.end("commit");
    } catch (error) {
      throw sent && isGone(error) ? new CommitLost(error) : error;
    }
  }

  streamQuery(): never {
    throw new Error(
      "Cursors hold a server connection while the reader is slow; read keyset pages instead",
    );
  }

  release(): void {
    this.#lease.release();
  }
}

function limitsOf({ signal, deadline, timeoutMs }: Call): StatementLimits {
  return { signal, deadline: Math.min(deadline, performance.now() + timeoutMs) };
}
