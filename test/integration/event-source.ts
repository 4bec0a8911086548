import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";

/** The data of an event `transition`. */
export interface TransitionEvent {
  readonly sequence: number;
  readonly job_id: string;
  readonly attempt: number;
  readonly from: string | null;
  readonly to: string;
  readonly at: string;
  readonly reason: string;
  readonly message: string | null;
}

/** A client of an event stream. */
export interface EventSource {
  readonly status: number;
  readonly headers: Headers;
  /** What has come so far. */
  readonly events: TransitionEvent[];
  /** Resolves when the server has ended the stream; rejects when it broke. */
  readonly ended: Promise<void>;
  leave(): void;
}

/** Opens the event stream at `url` and reads it. */
export async function openEvents(
  url: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventSource> {
  const leaver = new AbortController();
  const { status, body, ...response } = await fetch(url, {
    headers: { authorization: `Bearer ${key}`, accept: "text/event-stream", ...headers },
    signal: leaver.signal,
  }).then((answer) => ({ status: answer.status, headers: answer.headers, body: answer.body }));
  const events: TransitionEvent[] = [];
  const ended = read(body, events);
  // Whoever leaves breaks the stream; a test that cares for its end awaits it.
  ended.catch(() => undefined);
  return { status, headers: response.headers, events, ended, leave: () => leaver.abort() };
}

/** Reads the lines of the protocol; fails on any that are not of an event `transition` or a comment. */
async function read(
  body: ReadableStream<Uint8Array> | null,
  events: TransitionEvent[],
): Promise<void> {
  if (body === null) return;
  let id: string | undefined;
  const source = Readable.fromWeb(body as WebStream);
  // A readline interface does not pass its input's errors on.
  const broken = new Promise<never>((_resolve, reject) => source.once("error", reject));
  const all = (async () => {
    for await (const line of createInterface({ input: source })) {
      const [, field, value = ""] = /^(\w*): ?(.*)$/.exec(line) ?? [];
      if (field === "id") id = value;
      else if (field === "data") {
        const event = JSON.parse(value) as TransitionEvent;
        if (id !== String(event.sequence)) throw new Error(`id ${id} of ${value}`);
        events.push(event);
      } else if (line !== "" && line !== ":" && line !== "event: transition") {
        throw new Error(`unexpected line ${line}`);
      }
    }
  })();
  await Promise.race([all, broken]);
}
