import { AsyncLocalStorage } from "node:async_hooks";
import type { TraceSpan } from "./tracing/span.ts";

/** What the work of one request, or of one background task, carries with it. */
export interface RequestContext {
  readonly requestId: string | undefined;
  /** Aborts when the client went away or the deadline passed; the reason is a coded error. */
  readonly signal?: AbortSignal | undefined;
  /** `performance.now()` milliseconds. */
  readonly deadline?: number | undefined;
  /** What the work's spans are made under; undefined unless it is traced. */
  readonly span?: TraceSpan | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `fn`, and all that it awaits, in `context`. */
export function runInContext<T>(context: RequestContext, fn: () => T): T {
  return storage.run(context, fn);
}

/** The context of the caller, or undefined outside of any. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}
