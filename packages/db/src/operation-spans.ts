import type { TraceSpan } from "@sluice/telemetry";
import type { Call } from "./call.ts";
import { codeOf } from "./sqlstate.ts";

/** The span of an operation: of one statement, or of a transaction with the spans of its statements in it. */
export function startOperation(
  parent: TraceSpan,
  pool: string,
  operation: string,
  autocommit: boolean,
): TraceSpan {
  const attributes = { ...attributesOf(operation), "db.client.connection.pool.name": pool };
  return parent.child(operation, { kind: autocommit ? "client" : "internal", attributes });
}

/** The operation failed, all repetitions included. */
export function endOperation(span: TraceSpan, error: unknown): void {
  span.end({ error: errorType(error) });
}

/** Runs a part of an operation in a span of its own. */
export async function traceStep<T>(
  operation: TraceSpan,
  name: string,
  step: () => Promise<T>,
): Promise<T> {
  return settle(operation.child(name), step);
}

/**
 * Runs a statement and tells the wait for a server from the execution. In a transaction there is no such wait: `begin`
 * had it, and the server stays. @param send calls back when the pooler has found a server
 */
export function traceStatement<T>(
  span: TraceSpan,
  { operation, autocommit }: Call,
  send: (onServer?: () => void) => Promise<T>,
): Promise<T> {
  if (autocommit) return traceAutocommit(span, send);
  const attributes = attributesOf(operation);
  return settle(span.child(operation, { kind: "client", attributes }), () => send());
}

async function traceAutocommit<T>(
  operation: TraceSpan,
  send: (onServer: () => void) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  let execution: TraceSpan | undefined;
  let isOver = false;
  const onServer = (): void => {
    if (isOver) return; // nobody waits any more
    const at = performance.now();
    operation.child("pooler.wait", { startedAt }).end({ at });
    execution = operation.child("execute", { startedAt: at });
  };
  try {
    const result = await send(onServer);
    execution?.end();
    return result;
  } catch (error) {
    const failed = execution ?? operation.child("pooler.wait", { startedAt });
    failed.end({ error: errorType(error) });
    throw error;
  } finally {
    isOver = true;
  }
}

async function settle<T>(span: TraceSpan, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    span.end();
    return result;
  } catch (error) {
    span.end({ error: errorType(error) });
    throw error;
  }
}

function attributesOf(operation: string): Record<string, string> {
  return {
    "db.system.name": "postgresql",
    "db.operation.name": operation,
    "db.query.summary": operation,
  };
}

/** SQLSTATE, the driver's or our own code: texts may quote values. */
function errorType(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.name : typeof error);
}
