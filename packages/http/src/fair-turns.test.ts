import fc from "fast-check";
import { expect, test } from "vitest";
import { FairTurns, type Turn } from "./fair-turns.ts";

/** Turns that note when each piece of work begins. */
function makeTurns(limit: () => number) {
  const turns = new FairTurns(limit);
  const begun: string[] = [];
  const take = (whose: string, name = whose): Turn => {
    const turn = turns.take(whose);
    if (turn.begun === undefined) begun.push(name);
    else void turn.begun.then(() => begun.push(name));
    return turn;
  };
  const end = async (turn: Turn): Promise<void> => {
    turns.end(turn);
    await Promise.resolve();
  };
  return { begun, take, end };
}

test("while there is room nobody waits", () => {
  const { begun, take } = makeTurns(() => 2);
  take("a");
  take("a");
  take("b");
  expect(begun).toEqual(["a", "a"]);
});

test("tenants that wait are let on in turn, those of one in the order in which they came", async () => {
  const { begun, take, end } = makeTurns(() => 1);
  const turns = ["a1", "a2", "a3", "b1", "a4", "c1", "b2"].map((name) => take(name[0]!, name));
  for (const name of ["a1", "a2", "b1", "c1", "a3", "b2"]) {
    expect(begun.at(-1)).toBe(name);
    await end(turns[["a1", "a2", "a3", "b1", "a4", "c1", "b2"].indexOf(name)]!);
  }
  expect(begun.at(-1)).toBe("a4");
});

test("who gives up while waiting never begins, and takes no room", async () => {
  const { begun, take, end } = makeTurns(() => 1);
  const [first, second, third] = [take("a", "1"), take("a", "2"), take("b", "3")];
  await end(second);
  await end(first);
  expect(begun).toEqual(["1", "3"]);
  await end(third);
  take("a", "4");
  expect(begun).toEqual(["1", "3", "4"]);
});

test("when the limit has grown, the next end lets on as many as fit", async () => {
  let limit = 1;
  const { begun, take, end } = makeTurns(() => limit);
  const first = take("a", "1");
  for (const name of ["2", "3", "4"]) take("a", name);
  limit = 2;
  await end(first);
  expect(begun).toEqual(["1", "2", "3"]);
});

/** Works through `arrivals`, after each of which some work ends, and then to the end; checks every step. */
async function runThrough(arrivals: { whose: string; ends: number }[], limit: number) {
  const turns = new FairTurns(() => limit);
  const working: Turn[] = [];
  /** Those that wait, with the number that had been let on before each came. */
  const waiting = new Map<Turn, number>();
  const letOn: string[] = [];
  const begin = (turn: Turn): void => {
    waiting.delete(turn);
    working.push(turn);
    const last = letOn.lastIndexOf(turn.whose);
    const since = letOn.slice(last + 1);
    for (const [{ whose }, before] of waiting)
      if (last >= before && whose !== turn.whose) expect(since).toContain(whose);
    letOn.push(turn.whose);
  };
  const settle = async (): Promise<void> => {
    await Promise.resolve();
    expect(working.length).toBe(Math.min(limit, working.length + waiting.size));
  };
  const end = async (): Promise<void> => {
    const turn = working.shift();
    if (turn !== undefined) turns.end(turn);
    await settle();
  };
  for (const { whose, ends } of arrivals) {
    const turn = turns.take(whose);
    if (turn.begun === undefined) working.push(turn);
    else {
      waiting.set(turn, letOn.length);
      void turn.begun.then(() => begin(turn));
    }
    await settle();
    for (let count = 0; count < ends; count += 1) await end();
  }
  while (working.length > 0) await end();
  expect(waiting.size).toBe(0);
}

test("as many work as may, all begin in the end, and nobody passes another tenant twice while it waits", async () => {
  const arrival = fc.record({ whose: fc.constantFrom("a", "b", "c"), ends: fc.nat(2) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(arrival, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      runThrough,
    ),
  );
});
