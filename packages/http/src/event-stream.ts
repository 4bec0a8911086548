// The protocol of https://html.spec.whatwg.org/multipage/server-sent-events.html, from the side of the server.
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

export const EVENT_STREAM = "text/event-stream";

/** A comment: clients pass it over, and proxies see that the connection lives. */
export const KEEP_ALIVE = ":\n\n";

/** Whether the client names event streams among what it takes; what takes anything gets JSON. */
export function wantsEventStream({ headers }: Pick<FastifyRequest, "headers">): boolean {
  const ranges = headers.accept?.toLowerCase().split(",") ?? [];
  return ranges.some((range) => range.split(";", 1)[0]?.trim() === EVENT_STREAM);
}

/** One event. `data` is a text of one line, as JSON is. */
export function eventText(event: string, id: number | string, data: string): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}

/**
 * Answers with `texts` until they end or the client leaves. The next one is asked for when the client has taken the
 * last, so that a slow reader costs one text. What `texts` waits for must end by itself when the response closes.
 */
export function sendEventStream(reply: FastifyReply, texts: AsyncIterable<string>): FastifyReply {
  return (
    reply
      .header("content-type", EVENT_STREAM)
      .header("cache-control", "no-store")
      // nginx would otherwise hold events back until its buffer is full.
      .header("x-accel-buffering", "no")
      .send(Readable.from(texts))
  );
}
