/**
 * Does `work` for each of `items`, one after the other. One that fails does not keep the others from their turn.
 * @throws the first failure, when all had their turn.
 */
export async function inTurn<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) await work(item).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
