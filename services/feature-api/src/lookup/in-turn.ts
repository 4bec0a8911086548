import { FairTurns } from "@sluice/http";

const turns = new FairTurns(() => 1);

/**
 * Runs `work`, which takes the processor for long and pauses now and then: one at a time in the process, each project in
 * turn. Side by side, each pause would be as long as a piece of every other, and all would end late.
 */
export async function inTurn<T>(projectId: string, work: () => Promise<T>): Promise<T> {
  const turn = turns.take(projectId);
  try {
    await turn.begun;
    return await work();
  } finally {
    turns.end(turn);
  }
}
