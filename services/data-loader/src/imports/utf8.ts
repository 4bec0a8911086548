import { isUtf8 } from "node:buffer";
import type { ByteSource } from "./input-row.ts";

/** The bytes are not UTF-8. */
export class NotUtf8 extends Error {
  override readonly name = "NotUtf8";
  /** Line in which they stop being so; counts from 1. */
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is not UTF-8`);
    this.line = line;
  }
}

/** Passes UTF-8 on, cut between characters. @throws NotUtf8 */
export async function* onlyUtf8(source: ByteSource): AsyncGenerator<Buffer> {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.length - unfinished(bytes);
    const whole = bytes.subarray(0, end);
    rest = bytes.subarray(end);
    if (!isUtf8(whole)) throw new NotUtf8(line + lineFeeds(validPrefix(whole)));
    line += lineFeeds(whole);
    yield whole;
  }
  if (rest.length > 0) throw new NotUtf8(line);
}

/** How many bytes at the end begin a character that is not complete. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** The longest beginning that is UTF-8, but for a character; by bisection. */
function validPrefix(bytes: Buffer): Buffer {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    const head = bytes.subarray(0, middle);
    if (isUtf8(head.subarray(0, middle - unfinished(head)))) valid = middle;
    else invalid = middle;
  }
  return bytes.subarray(0, valid);
}

function lineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
