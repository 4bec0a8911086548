import type { Account } from "./account.ts";

/** What the supervisor knows about one process that it keeps running. */
export interface PartSpec {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Whom it runs as; ourselves when undefined. */
  readonly account: Account | undefined;
  /** A word on its command line that no other stack's part has: how it is known when only its id is left. */
  readonly word: string;
  readonly logFile: string;
  /** Done before every start. */
  readonly prepare?: () => Promise<void>;
  /** Resolves when it serves; rejects when it never will, or with the signal's reason. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  readonly startTimeoutMs: number;
  readonly stopSignal: NodeJS.Signals;
  readonly forceSignal: NodeJS.Signals;
  readonly stopTimeoutMs: number;
}

/** How a part tells what happens to it. */
export interface PartEvents {
  /** Its pid changed; undefined: it does not run. */
  readonly onPid: (pid: number | undefined) => Promise<void>;
  /** A line for people. */
  readonly onNews: (line: string) => void;
}

/** A part that did not come up, with the end of its log. */
export class PartFailedError extends Error {
  override readonly name = "PartFailedError";
}
