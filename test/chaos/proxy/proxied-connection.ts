import { connect, type Socket } from "node:net";
import { closing } from "./closing.ts";
import { DelayLine } from "./delay-line.ts";
import type { LinkMode } from "./link-mode.ts";

/** One connection of a client, and the one to the server that belongs to it. */
export class ProxiedConnection {
  /** Both are closed. */
  readonly closed: Promise<unknown>;
  readonly #sockets: readonly [client: Socket, server: Socket];
  readonly #mode: () => LinkMode;
  #lost = false;

  constructor(
    client: Socket,
    target: { readonly host: string; readonly port: number },
    mode: () => LinkMode,
  ) {
    const server = connect({ ...target, allowHalfOpen: true });
    this.#sockets = [client, server];
    this.#mode = mode;
    this.closed = Promise.all(this.#sockets.map(closing));
    for (const socket of this.#sockets) socket.setNoDelay(true);
    this.#carry(client, server);
    this.#carry(server, client);
  }

  /** A black hole has swallowed some of it, so that what follows would be out of order. */
  get lost(): boolean {
    return this.#lost;
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #carry(from: Socket, to: Socket): void {
    const line = new DelayLine(to);
    const deliver = (piece: Buffer | undefined): void => {
      const mode = this.#mode();
      if (mode.kind === "black-hole") this.#lost = true;
      else line.send(piece, mode.kind === "delay" ? mode.ms : 0);
    };
    from.on("data", (piece: Buffer) => {
      deliver(piece);
      if (to.writableNeedDrain) from.pause();
    });
    to.on("drain", () => from.resume());
    from.on("end", () => deliver(undefined));
    from.on("error", () => to.destroy());
    to.on("close", () => line.close());
  }
}
