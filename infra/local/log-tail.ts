import { open } from "node:fs/promises";

const TAIL_BYTES = 16 * 1024;

/** The last lines of a log, for a person who has to see why something failed; "" when there is none. */
export async function tailOf(file: string, lines: number, from = 0): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return "";
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(TAIL_BYTES),
      position: start,
    });
    return buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n").slice(-lines).join("\n");
  } finally {
    await handle.close();
  }
}
