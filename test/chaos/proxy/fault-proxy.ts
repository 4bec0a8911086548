import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { LinkMode } from "./link-mode.ts";
import { ProxiedConnection } from "./proxied-connection.ts";

/** A TCP relay to one server that can be made to behave like a bad network, while others keep that server. */
export class FaultProxy implements AsyncDisposable {
  /** The target's URL with the relay's address instead. */
  readonly url: string;
  readonly #server: Server;
  readonly #connections = new Set<ProxiedConnection>();
  #mode: LinkMode = { kind: "pass" };

  private constructor(server: Server, target: string) {
    const { hostname, port } = new URL(target);
    const relayed = { host: hostname, port: Number(port) };
    this.#server = server.on("connection", (client) => {
      const connection = new ProxiedConnection(client, relayed, () => this.#mode);
      this.#connections.add(connection);
      void connection.closed.then(() => this.#connections.delete(connection));
      if (this.#mode.kind === "reset") connection.reset();
    });
    this.url = this.via(target);
  }

  /** Relays to the host and port of the URL `target`. */
  static async start(target: string): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new FaultProxy(server, target);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections of which something was lost in a black hole. */
  get lossy(): number {
    return [...this.#connections].filter(({ lost }) => lost).length;
  }

  /** Another URL of the same server, through the relay. */
  via(target: string): string {
    const url = new URL(target);
    url.hostname = "127.0.0.1";
    url.port = String(this.port);
    return url.href;
  }

  /** Takes effect on connections that are open, too. Those that lost something in a black hole are reset after it. */
  set(mode: LinkMode): void {
    this.#mode = mode;
    for (const connection of this.#connections) {
      if (mode.kind === "reset" || (connection.lost && mode.kind !== "black-hole"))
        connection.reset();
    }
  }

  /** Resets what is open and listens no more. Idempotent. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    this.#server.close();
    for (const connection of this.#connections) connection.reset();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
