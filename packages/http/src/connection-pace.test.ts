import { Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionPace } from "./connection-pace.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** Lets a hundred connections rest. @returns the numbers of those that are read again, in order */
function restHundred(pace: ConnectionPace): number[] {
  const awake: number[] = [];
  for (let index = 0; index < 100; index += 1) {
    const socket = new Socket();
    socket.resume = () => (awake.push(index), socket);
    pace.rest(socket);
  }
  return awake;
}

test("ten milliseconds' worth is read again at once, the rest at the rate and in order", () => {
  const awake = restHundred(new ConnectionPace(2));
  expect(awake).toHaveLength(20);
  vi.advanceTimersByTime(10);
  expect(awake).toHaveLength(40);
  vi.advanceTimersByTime(1_000);
  expect(awake).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

test("what was not used is not saved up for longer", () => {
  const pace = new ConnectionPace(2);
  vi.advanceTimersByTime(60_000);
  expect(restHundred(pace)).toHaveLength(20);
});
