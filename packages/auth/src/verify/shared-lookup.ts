import { SluiceError } from "@sluice/errors";
import { currentContext, runInContext } from "@sluice/telemetry";

/** Limit of one look-up, in milliseconds. */
export const LOOKUP_DEADLINE_MS = 5_000;

/**
 * Runs a look-up that many requests share: with a deadline of its own, and not cancelled when the
 * request that happened to come first goes away.
 * @throws SluiceError DATABASE_UNAVAILABLE when that deadline passes, since it is not the client's.
 */
export async function sharedLookup<T>(look: () => Promise<T>): Promise<T> {
  const { requestId = "auth", span } = currentContext() ?? {};
  const context = { requestId, span, deadline: performance.now() + LOOKUP_DEADLINE_MS };
  try {
    return await runInContext(context, look);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "DEADLINE_EXCEEDED") throw error;
    const detail = "The key or project could not be looked up in time. Repeat after Retry-After.";
    throw new SluiceError("DATABASE_UNAVAILABLE", detail, { cause: error });
  }
}
