import type { Socket } from "node:net";
import { connect } from "node:net";

/** Where a slot connects to. `host` may be a folder: then PostgreSQL's Unix socket in it is used. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Sent by a client that wants another connection's statement cancelled (PostgreSQL protocol, CancelRequest). */
const CANCEL_REQUEST_CODE = 80877102;

/**
 * An open TCP (or Unix) connection, or an error within `timeoutMs`.
 * The pool owns its sockets instead of leaving them to the driver, which reconnects on its own.
 */
export function openSocket(address: Address, timeoutMs: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(socketTarget(address));
  const timer = setTimeout(() => socket.destroy(timedOut(address, timeoutMs)), timeoutMs);
  const failed = (error: Error): void => reject(error);
  socket.setNoDelay(true);
  socket.once("error", failed);
  socket.once("connect", () => {
    socket.removeListener("error", failed);
    resolve(Object.assign(socket, { host: address.host }));
  });
  return promise.finally(() => clearTimeout(timer));
}

function socketTarget({ host, port }: Address): { path: string } | Address {
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}

function timedOut({ host, port }: Address, timeoutMs: number): Error {
  const error = new Error(`No connection to ${host}:${port} within ${timeoutMs} ms`);
  return Object.assign(error, { code: "CONNECT_TIMEOUT" });
}

/**
 * Asks the server (through PgBouncer) to cancel the statement that the connection known by `pid` and `secret` runs.
 * Resolves when the request has been taken: whether the statement was still there is seen by its own outcome.
 */
export async function requestCancel(
  address: Address,
  key: { readonly pid: number; readonly secret: number },
  timeoutMs: number,
): Promise<void> {
  const socket = await openSocket(address, timeoutMs);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.setTimeout(timeoutMs, () => socket.destroy(timedOut(address, timeoutMs)));
  socket.once("error", reject);
  socket.once("close", () => resolve());
  socket.resume();
  socket.write(cancelPacket(key));
  await promise;
}

function cancelPacket({ pid, secret }: { readonly pid: number; readonly secret: number }): Buffer {
  const packet = Buffer.alloc(16);
  packet.writeUInt32BE(16, 0);
  packet.writeUInt32BE(CANCEL_REQUEST_CODE, 4);
  packet.writeUInt32BE(pid, 8);
  packet.writeUInt32BE(secret, 12);
  return packet;
}
