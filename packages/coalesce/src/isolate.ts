/**
 * Runs `work` over all items at once; when that fails for a reason that may lie in one of them, over each half, and so
 * on, so that only those fail that would fail alone. With one bad item of n this takes about 2·log₂ n further calls.
 * @param isShared the failure is nobody's fault (database gone, time over): everybody gets it, nothing is repeated.
 */
export async function isolateFailures<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
  isShared: (error: unknown) => boolean,
  failed: (item: T, error: unknown) => void,
): Promise<void> {
  try {
    await work(items);
  } catch (error) {
    if (items.length === 1 || isShared(error)) {
      for (const item of items) failed(item, error);
      return;
    }
    const middle = items.length >> 1;
    await isolateFailures(items.slice(0, middle), work, isShared, failed);
    await isolateFailures(items.slice(middle), work, isShared, failed);
  }
}
