import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";

export interface LingerLimits {
  readonly silenceMs: number;
  readonly longestMs: number;
}

const LIMITS: LingerLimits = { silenceMs: 5_000, longestMs: 30_000 };

/** Of each connection the last request that was answered before its end. */
const NEWEST = new WeakMap<Socket, IncomingMessage>();

/**
 * Lets a client that is still sending its request read the answer, should the connection be closed after it. A
 * connection that is closed while bytes arrive is reset, and the answer is lost with it; so the answer's direction alone
 * is closed, and what still comes is thrown away for a while (RFC 9112, section 9.6). Call it before the answer's end.
 */
export function closeGently(request: IncomingMessage, limits: LingerLimits = LIMITS): void {
  const { socket } = request;
  // A request that is injected has no connection to be closed.
  if (!(socket instanceof Socket)) return;
  const isKnown = NEWEST.has(socket);
  NEWEST.set(socket, request);
  if (isKnown) return;
  const destroySoon = socket.destroySoon.bind(socket);
  let isLingering = false;
  // What Node calls after an answer that says `connection: close`. Asked for again, as at a shutdown, it is done.
  socket.destroySoon = () => {
    const newest = NEWEST.get(socket) ?? request;
    if (isLingering || newest.complete || socket.destroyed) destroySoon();
    else linger(newest, socket, limits);
    isLingering = true;
  };
}

function linger(
  request: IncomingMessage,
  socket: Socket,
  { silenceMs, longestMs }: LingerLimits,
): void {
  const destroy = (): void => void socket.destroy();
  const limit = setTimeout(destroy, longestMs);
  socket.once("close", () => clearTimeout(limit));
  socket.setTimeout(silenceMs, destroy);
  request.once("end", () => socket.destroySoon());
  socket.end();
  request.resume();
}
