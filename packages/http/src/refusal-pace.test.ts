import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RefusalPace } from "./refusal-pace.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** Connections, and the numbers of those that are read again after they were not, in order. */
function connect(count: number): { sockets: Socket[]; awake: number[] } {
  const awake: number[] = [];
  const sockets = Array.from({ length: count }, (_, index) => {
    const socket = new Socket();
    socket.resume = () => (awake.push(index), socket);
    return socket;
  });
  return { sockets, awake };
}

/** Refuses a request of the connection, whose answer is then out. @returns seconds that it is told to wait */
function refuse(pace: RefusalPace, socket: Socket): number {
  const request = new IncomingMessage(socket);
  request.complete = true;
  const response = new ServerResponse(request);
  const seconds = pace.refuse(request, response);
  response.emit("close");
  return seconds;
}

test("who comes back when told to is read at once", () => {
  const pace = new RefusalPace(2);
  const { sockets } = connect(500);
  const paused = vi.spyOn(Socket.prototype, "pause");
  for (let round = 0; round < 3; round += 1) {
    const told = sockets.map((socket) => refuse(pace, socket));
    expect(new Set(told)).toEqual(new Set([1]));
    vi.advanceTimersByTime(1_000);
  }
  expect(paused).not.toHaveBeenCalled();
  paused.mockRestore();
});

test("of those who come back early ten milliseconds' worth is read again at once, the rest at the rate and in order", () => {
  const pace = new RefusalPace(2);
  const { sockets, awake } = connect(100);
  for (const socket of sockets) refuse(pace, socket);
  for (const socket of sockets) refuse(pace, socket);
  expect(awake).toHaveLength(20);
  vi.advanceTimersByTime(10);
  expect(awake).toHaveLength(40);
  vi.advanceTimersByTime(1_000);
  expect(awake).toEqual(sockets.map((_, index) => index));
});

test("the more are refused, the later they are told to come back, until fewer are", () => {
  const pace = new RefusalPace(2);
  const { sockets } = connect(5_000);
  const told = sockets.map((socket) => refuse(pace, socket));
  expect([told[0], told[1_999], told[2_000], told[4_999]]).toEqual([1, 1, 2, 3]);
  vi.advanceTimersByTime(1_000);
  expect(refuse(pace, new Socket())).toBe(3);
  vi.advanceTimersByTime(1_000);
  expect(refuse(pace, new Socket())).toBe(1);
});
