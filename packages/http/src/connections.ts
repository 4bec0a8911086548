import type { Server } from "node:http";
import type { Socket } from "node:net";

/** The open connections of a server, among them those that Node does not call idle and nobody is answered on. */
export class Connections {
  readonly #open = new Set<Socket>();
  readonly #isBusy: (socket: Socket) => boolean;

  /** `isBusy` tells whether an answer is owed on a socket. */
  constructor(server: Server, isBusy: (socket: Socket) => boolean) {
    this.#isBusy = isBusy;
    server.on("connection", (socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
  }

  /**
   * Ends those where no answer is owed, once what was written has gone out: also where the head of a request
   * has not come to its end, or the body of one that was refused already.
   */
  closeUnanswered(): void {
    for (const socket of this.#open) if (!this.#isBusy(socket)) socket.destroySoon();
  }
}
