import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, SluiceError } from "@sluice/errors";
import type { Background } from "../background/background.ts";
import type { Queryable } from "../data-loader.ts";
import {
  claimOperation,
  endOperation,
  findOperation,
  listForsakenOperations,
  type NewOperation,
  type OperationKind,
  type OperationRow,
  touchOperation,
  upsertOperation,
} from "./queries.ts";

/** Whoever works on an operation is heard of four times as often. */
const FORSAKEN_SECONDS = 60;
const TOUCH_EVERY_MS = 15_000;
const LOOK_EVERY_MS = 250;

/** Does one kind of operation, also one that somebody else began. What it answers becomes the result. */
export type OperationWork = (
  operation: OperationRow,
  onProgress: (progress: number) => void,
) => Promise<object>;

export interface OperationRunnerDeps {
  readonly db: Queryable;
  readonly background: Background;
  readonly logger: { warn(members: object, message: string): void };
  readonly works: Readonly<Record<OperationKind, OperationWork>>;
}

/**
 * Works on operations in this process. The row is what counts: any instance takes over what another has left.
 * A coded 4xx ends an operation as failed; after anything else it is tried again.
 */
export class OperationRunner {
  readonly #deps: OperationRunnerDeps;

  constructor(deps: OperationRunnerDeps) {
    this.#deps = deps;
  }

  /** Begins an operation unless it is there. */
  async start(operation: NewOperation): Promise<OperationRow> {
    const { db, background } = this.#deps;
    const row = await upsertOperation(db, operation);
    if (row.state === "pending")
      void background.start(`operation ${row.kind}`, () => this.#work(row));
    return row;
  }

  /** Waits up to `ms` for an operation to end. @returns its row as it is then */
  async wait(operation: OperationRow, ms: number, signal: AbortSignal): Promise<OperationRow> {
    const { db } = this.#deps;
    const deadline = performance.now() + ms;
    let row = operation;
    for (let pause = 10; row.ended_at === null && performance.now() < deadline; pause *= 2) {
      await sleep(Math.min(pause, LOOK_EVERY_MS));
      // The reason says whether the client left or the instance stops.
      signal.throwIfAborted();
      row = (await findOperation(db, row.project_id, row.operation_id)) ?? row;
    }
    return row;
  }

  /** Works on what others have left. One pass. */
  async adopt(): Promise<void> {
    for (const row of await listForsakenOperations(this.#deps.db, FORSAKEN_SECONDS))
      await this.#work(row);
  }

  async #work(row: OperationRow): Promise<void> {
    const { db, logger, works } = this.#deps;
    if (!(await claimOperation(db, row, FORSAKEN_SECONDS))) return;
    let progress = 0;
    const touch = (): void => {
      touchOperation(db, row, progress).catch((err: unknown) =>
        logger.warn({ err, operation_id: row.operation_id }, "operation not touched"),
      );
    };
    const heartbeat = setInterval(touch, TOUCH_EVERY_MS);
    const onProgress = (reached: number): void => {
      const isStep = reached - progress >= 0.01;
      progress = reached;
      if (isStep) touch();
    };
    try {
      const result = await works[row.kind](row, onProgress);
      await endOperation(db, row, { result, error: null });
    } catch (error) {
      if (!(error instanceof SluiceError) || error.status >= 500) throw error;
      await endOperation(db, row, { result: null, error: toRow(error) });
    } finally {
      clearInterval(heartbeat);
    }
  }
}

function toRow({ code, message, extra }: SluiceError): object {
  return { code, detail: message, ...extra };
}

/** The error with which a failed operation ended. */
export function errorOf({ error }: OperationRow): SluiceError {
  const { code, detail, ...extra } = error as { code: ErrorCode; detail: string };
  return new SluiceError(code, detail, { extra });
}
