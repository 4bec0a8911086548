import { createHash } from "node:crypto";
import type { Frame } from "./frame.ts";
import { jsonElements } from "./json-elements.ts";
import type { RowEncoder } from "./row-encoder.ts";

/**
 * A JSON object a line, and as the last line `{"_end": {"count": n, "sha256": "…"}}` with the hash of all bytes before
 * it. Values are cut out of the columns' text and stay as they are.
 */
export class NdjsonEncoder implements RowEncoder {
  readonly #hash = createHash("sha256");
  #count = 0;

  rows({ count, columns }: Frame): Buffer {
    const names = columns.map(
      ({ name }, index) => `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`,
    );
    const values = columns.map(({ text }) => jsonElements(text));
    let lines = "";
    for (let row = 0; row < count; row += 1) {
      for (let column = 0; column < names.length; column += 1)
        lines += names[column]! + values[column]![row]!;
      lines += "}\n";
    }
    const bytes = Buffer.from(lines);
    this.#hash.update(bytes);
    this.#count += count;
    return bytes;
  }

  end(members: Readonly<Record<string, unknown>> = {}): Buffer {
    const end = { count: this.#count, sha256: this.#hash.digest("hex"), ...members };
    return Buffer.from(`${JSON.stringify({ _end: end })}\n`);
  }
}
