import { type ErrorCode, SluiceError } from "@sluice/errors";
import { type Logger, type Tracing, runInContext } from "@sluice/telemetry";
import type { Queryable } from "../data-loader.ts";
import type { OperationQueue } from "./operation-queue.ts";
import {
  claimOperation,
  endOperation,
  findOperation,
  listForsakenOperations,
  type NewOperation,
  type OperationKey,
  type OperationKind,
  type OperationRow,
  type Patience,
  releaseOperation,
  touchOperation,
  upsertOperation,
} from "./queries.ts";

/** Whoever works on an operation is heard of four times as often as one that runs is given up. */
const PATIENCE: Patience = { pending: 5, running: 60 };
const TOUCH_EVERY_MS = 15_000;

/** Does one kind of operation, also one that somebody else began. What it answers becomes the result. */
export type OperationWork = (
  operation: OperationRow,
  onProgress: (progress: number) => void,
) => Promise<object>;

export interface OperationRunnerDeps {
  readonly db: Queryable;
  readonly queue: OperationQueue;
  readonly logger: Logger;
  readonly works: Readonly<Record<OperationKind, OperationWork>>;
  /** @default nothing is traced */
  readonly tracing?: Tracing | undefined;
}

/**
 * Works on operations. The row is what counts, and the queue only says that there is work: what it forgets is put into
 * it again, and any instance takes over what another has left.
 */
export class OperationRunner {
  readonly #deps: OperationRunnerDeps;

  constructor(deps: OperationRunnerDeps) {
    this.#deps = deps;
  }

  /** Begins an operation unless it is there. */
  async start(operation: NewOperation): Promise<OperationRow> {
    const { db, queue } = this.#deps;
    const row = await upsertOperation(db, operation);
    if (row.state === "pending") await queue.add([row]);
    return row;
  }

  /** Has worked on what others have left and what the queue has forgotten. One pass. */
  async adopt(): Promise<void> {
    const { db, queue } = this.#deps;
    await queue.add(await listForsakenOperations(db, PATIENCE));
  }

  /**
   * Works on an operation to its end, unless somebody else does. A coded 4xx ends it as failed.
   * @throws whatever else goes wrong: it is to be tried again
   */
  async carryOut(key: OperationKey, signal: AbortSignal): Promise<void> {
    const { db, tracing } = this.#deps;
    const context = { requestId: `operation ${key.operation_id}`, signal };
    const row = await runInContext(context, () => findOperation(db, key));
    if (row === undefined || !(await claimOperation(db, key, PATIENCE.running))) return;
    const attributes = { "sluice.operation_id": key.operation_id };
    const span = tracing?.start(`operation ${row.kind}`, { kind: "consumer", attributes });
    try {
      const result = await runInContext({ ...context, span }, () => this.#work(row));
      span?.end();
      await endOperation(db, key, { result, error: null });
    } catch (error) {
      span?.end({ error: error instanceof SluiceError ? error.code : "INTERNAL" });
      if (error instanceof SluiceError && error.status < 500)
        await endOperation(db, key, { result: null, error: toRow(error) });
      else {
        // Outside the context: it is given back even when this instance stops.
        await releaseOperation(db, key);
        throw error;
      }
    }
  }

  /** Ends an operation that fails again and again for a reason that is not the database's. */
  async giveUp(key: OperationKey, error: unknown): Promise<void> {
    const { db, logger } = this.#deps;
    // Overload is no reason to give up: the operation is open, and comes into the queue again.
    if (error instanceof SluiceError && error.status > 500) throw error;
    logger.error({ err: error, operation_id: key.operation_id }, "operation given up");
    if (await claimOperation(db, key, PATIENCE.running))
      await endOperation(db, key, { result: null, error: toRow(internal(key)) });
  }

  async #work(row: OperationRow): Promise<object> {
    const { db, logger, works } = this.#deps;
    let progress = 0;
    const touch = (): void => {
      touchOperation(db, row, progress).catch((err: unknown) =>
        logger.warn({ err, operation_id: row.operation_id }, "operation not touched"),
      );
    };
    const heartbeat = setInterval(touch, TOUCH_EVERY_MS);
    try {
      return await works[row.kind](row, (reached) => {
        const isStep = reached - progress >= 0.01;
        progress = Math.max(progress, reached);
        if (isStep) touch();
      });
    } finally {
      clearInterval(heartbeat);
    }
  }
}

function internal({ operation_id }: OperationKey): SluiceError {
  const detail = `The operation failed. The log has the cause under ${operation_id}. Ask for it again.`;
  return new SluiceError("INTERNAL", detail);
}

function toRow({ code, message, extra }: SluiceError): object {
  return { code, detail: message, ...extra };
}

/** The error with which a failed operation ended. */
export function errorOf({ error }: OperationRow): SluiceError {
  const { code, detail, ...extra } = error as { code: ErrorCode; detail: string };
  return new SluiceError(code, detail, { extra });
}
