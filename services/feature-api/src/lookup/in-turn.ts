let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `work`, which takes the processor for long and pauses now and then, when all that came before it has ended: one at
 * a time in the process. Side by side, each pause would be as long as a piece of every other, and all would end late.
 */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  // Whoever waits for `done` hears of its failure.
  last = done.catch(() => undefined);
  return done;
}
