import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The head of an answer; its body is counted and thrown away. */
export interface Head {
  /** 0 when the connection broke before the answer was whole. */
  readonly status: number;
  /** Of `Retry-After`; undefined without it. */
  readonly retryAfterSeconds: number | undefined;
}

interface ConnectionEvents {
  /** An answer is whole and the next request may be sent. */
  readonly idle: (connection: Connection, head: Head) => void;
  readonly closed: () => void;
}

const BROKEN: Head = { status: 0, retryAfterSeconds: undefined };
const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * One kept-alive connection that carries one request at a time, and as cheap as can be: what a generator of load uses
 * of the processor, the service cannot. It reads answers that state their length, nothing else.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  #done: ((head: Head) => void) | undefined;
  #head: Head | undefined;
  #missing = 0;
  #start: Buffer | undefined;

  private constructor(socket: Socket, events: ConnectionEvents) {
    this.#events = events;
    this.#socket = socket;
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // The close that follows says it.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      events.closed();
      this.#finish(BROKEN);
    });
  }

  /** @throws when nobody listens. */
  static async open(host: string, port: number, events: ConnectionEvents): Promise<Connection> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new Connection(socket, events);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Sends the bytes of a whole request; `done` is called once. */
  send(request: Buffer, done: (head: Head) => void): void {
    this.#done = done;
    this.#socket.write(request);
  }

  #read(chunk: Buffer): void {
    if (this.#head === undefined) this.#readHead(chunk);
    else this.#missing -= chunk.length;
    if (this.#head !== undefined && this.#missing <= 0) this.#finish(this.#head);
  }

  #readHead(chunk: Buffer): void {
    const seen = this.#start === undefined ? chunk : Buffer.concat([this.#start, chunk]);
    const end = seen.indexOf(HEAD_END);
    if (end < 0) {
      this.#start = seen;
      return;
    }
    const text = seen.toString("latin1", 0, end).toLowerCase();
    const length = /\r\ncontent-length: (\d+)/.exec(text);
    if (length === null) throw new Error(`an answer without its length:\n${text}`);
    this.#start = undefined;
    this.#missing = Number(length[1]) - (seen.length - end - HEAD_END.length);
    const retryAfter = /\r\nretry-after: (\d+)/.exec(text);
    this.#head = {
      status: Number(text.slice(9, 12)),
      retryAfterSeconds: retryAfter === null ? undefined : Number(retryAfter[1]),
    };
    if (text.includes("\r\nconnection: close")) this.#socket.end();
  }

  #finish(head: Head): void {
    const done = this.#done;
    this.#done = undefined;
    this.#head = undefined;
    if (done !== undefined && this.isOpen) this.#events.idle(this, head);
    done?.(head);
  }
}
