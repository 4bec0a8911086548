import type { Socket } from "node:net";

/** Resolves when the socket is closed, also by an error. `once` of node:events would reject then. */
export function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
