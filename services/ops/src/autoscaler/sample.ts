/** What PgBouncer shows of one alias at one moment; of several processes, the sums, and the longest wait of any. */
export interface AliasSample {
  /** Of each process. */
  readonly poolSize: number;
  /** Connections beyond it that each process opens for who has waited long. */
  readonly reserve: number;
  readonly processes: number;
  /** All processes have the same size; if not, `poolSize` is the largest. */
  readonly uniform: boolean;
  /** Clients that wait for a server connection. */
  readonly waiting: number;
  /** How long the first of them has waited. */
  readonly maxWaitMs: number;
  /** Server connections with a client on them. */
  readonly active: number;
  /** Server connections being opened. */
  readonly login: number;
  /** All server connections. */
  readonly servers: number;
}

/** What PostgreSQL was doing at that moment, over all its client backends. */
export interface DatabaseSample {
  /** Backends on a processor, or waiting for the disk or a latch: those that more backends would slow down. */
  readonly running: number;
  /** Backends that wait for a lock of another one. */
  readonly lockWaiting: number;
  /** Backends with a statement in hand, whatever they wait for. */
  readonly active: number;
}

/** One tick's look at everything. */
export interface Sample {
  readonly aliases: Readonly<Record<string, AliasSample>>;
  readonly database: DatabaseSample;
}
