import { connect, type Socket } from "node:net";

/** One is enough: what comes is looked at before anything else is read. */
const READ_BUFFER = Buffer.alloc(1024 * 1024);
const END_OF_HEAD = "\r\n\r\n";

/**
 * A keep-alive connection that looks at an answer's status and length and throws its body away. Node's client takes
 * 2.9 ms of CPU for an answer of 300 kB, half as much as the service under test; this takes a fifth of it.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #settle: ((status: number) => void) | undefined;
  #status = 0;
  /** Bytes of the answer that have not come; undefined before its head. */
  #left: number | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    const callback = (count: number): boolean => this.#take(READ_BUFFER.subarray(0, count));
    const onread = { buffer: READ_BUFFER, callback };
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread });
    this.#socket.on("error", () => undefined).on("close", () => this.#end(0));
  }

  /** A request as it goes over the wire. */
  static render(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): string {
    const { host, pathname, search } = new URL(url);
    const all = { host, ...headers, "content-length": Buffer.byteLength(body) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
  }

  /** One at a time. Resolves with the answer's status when all of it has come; 0 when the connection broke. */
  send(request: string): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#settle = resolve;
    this.#left = undefined;
    this.#socket.write(request);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The head of an answer comes in one piece: it is written at once, and far smaller than a packet. */
  #take(bytes: Buffer): boolean {
    this.#left ??= this.#readHead(bytes);
    this.#left -= bytes.length;
    if (this.#left === 0) this.#end(this.#status);
    return true;
  }

  /** Length of the whole answer. */
  #readHead(bytes: Buffer): number {
    const length = bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
    const head = bytes.toString("latin1", 0, length);
    this.#status = Number(head.slice(9, 12));
    return length + Number(/content-length: (\d+)/i.exec(head)?.[1]);
  }

  #end(status: number): void {
    this.#settle?.(status);
    this.#settle = undefined;
  }
}
