import { pipeline } from "node:stream";
import { currentContext, runInContext } from "@sluice/telemetry";
import type { FastifyReply } from "fastify";
import { chooseCoding, openCoder } from "./content-coding.ts";
import type { Frame } from "./frame.ts";
import { PulledStream } from "./pulled-stream.ts";
import { openRowEncoder, type RowEncoder, type RowType } from "./row-encoder.ts";
import { setEncoding } from "./send-answer.ts";

/** A reader that takes nothing for so long has gone away; longer than a page may wait for the database. */
const STALL_MS = 5 * 60_000;

/**
 * Sends frames as they are read, each only when the one before is out: however slow the reader is, at most one is in
 * memory. What goes wrong before the first one is out is answered as a problem; after that the connection is cut, as a
 * stream must not look complete when it is not.
 */
export async function sendRows(
  reply: FastifyReply,
  type: RowType,
  frames: AsyncGenerator<Frame>,
  onFrame: (frame: Frame) => void,
): Promise<FastifyReply> {
  const coding = chooseCoding(reply.request.headers["accept-encoding"]);
  const chunks = encodeFrames(openRowEncoder(type), frames, onFrame);
  const first = await chunks.next();
  const context = currentContext();
  const rows = new PulledStream(first, () =>
    // A stream reads whenever its reader is ready, outside of the request's own call.
    context === undefined ? chunks.next() : runInContext(context, () => chunks.next()),
  );
  setEncoding(reply, type, coding);
  reply.raw.setTimeout(STALL_MS);
  const coder = openCoder(coding);
  // The reply destroys its socket when the stream that it sends fails, and logs why.
  return reply.send(coder === undefined ? rows : pipeline(rows, coder, () => undefined));
}

async function* encodeFrames(
  encoder: RowEncoder,
  frames: AsyncGenerator<Frame>,
  onFrame: (frame: Frame) => void,
): AsyncGenerator<Buffer> {
  for await (const frame of frames) {
    onFrame(frame);
    const bytes = encoder.rows(frame);
    if (bytes.length > 0) yield bytes;
  }
  yield encoder.end();
}
