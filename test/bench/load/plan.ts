/** Requests of one kind, as one sender offers them. */
export interface Flow {
  readonly name: string;
  /** Open loop: requests a second, at moments that are a Poisson process and wait for no answer. */
  readonly rate?: number;
  /** Closed loop: so many senders that each wait for an answer before they send again. */
  readonly clients?: number;
  /** Kept open from the start. Beyond so many requests on their way the next ones wait, and their time runs. */
  readonly connections: number;
  /**
   * Each connection is a client that stays away for as long as `Retry-After` says, and up to half of it longer. What is
   * due while all of them do is not sent. @default they come back at once, and what is due waits for one
   */
  readonly isPatient?: boolean;
  /** Whole requests as text, sent in turn. */
  readonly requests: readonly string[];
}

/** What the generator is told to offer. */
export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  readonly seconds: number;
  readonly flows: readonly Flow[];
}

/** Milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What became of a flow's requests. */
export interface FlowResult {
  readonly name: string;
  readonly seconds: number;
  readonly offered: number;
  /** Not sent, because every client was staying away. */
  readonly heldBack: number;
  /** Answered 2xx: time since the moment at which each was due. */
  readonly answered: Latencies;
  /** How late requests were sent: time between due and sent. */
  readonly lag: Latencies;
  /** Answered 429 or 503: time since each was sent. */
  readonly refused: Latencies;
  /** Refusals without `Retry-After`. */
  readonly refusedBare: number;
  /** Other statuses, broken connections, and answers that never came. */
  readonly failed: number;
}

export interface LoadResult {
  readonly flows: readonly FlowResult[];
  /** Of one core. */
  readonly generatorCpu: number;
}
