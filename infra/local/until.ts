import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again and again until `probe` gives something. A probe that throws ends the wait: it says
 * "not yet" with undefined.
 * @throws the signal's reason when it is aborted.
 */
export async function until<T>(
  probe: () => Promise<T | undefined>,
  { everyMs, signal }: { everyMs: number; signal: AbortSignal },
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const found = await probe();
    if (found !== undefined) return found;
    // An aborted sleep says only that it was; the signal knows why.
    await sleep(everyMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
