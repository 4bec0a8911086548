import type { ByteSource } from "./input-row.ts";

const LINE_FEED = 0x0a;

export interface Line {
  /** Counts from 1. */
  readonly number: number;
  /** Without its line feed. */
  readonly bytes: Buffer;
}

/** A line is longer than the limit: what follows cannot be told apart from it. */
export class LineTooLong extends Error {
  override readonly name = "LineTooLong";
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is too long`);
    this.line = line;
  }
}

/** Cuts a stream into lines; those that end in one chunk come together, empty ones are left out. @throws LineTooLong */
export async function* linesOf(source: ByteSource, maxBytes: number): AsyncGenerator<Line[]> {
  let number = 0;
  let begun: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    const lines: Line[] = [];
    let start = 0;
    for (;;) {
      for (; begun.length === 0 && chunk[start] === LINE_FEED; start += 1) number += 1;
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      number += 1;
      if (length + end - start > maxBytes) throw new LineTooLong(number);
      const last = chunk.subarray(start, end);
      lines.push({ number, bytes: begun.length === 0 ? last : Buffer.concat([...begun, last]) });
      begun = [];
      length = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      begun.push(chunk.subarray(start));
      length += chunk.length - start;
    }
    if (length > maxBytes) throw new LineTooLong(number + 1);
    if (lines.length > 0) yield lines;
  }
  if (length > 0) yield [{ number: number + 1, bytes: Buffer.concat(begun) }];
}
