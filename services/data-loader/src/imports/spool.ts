import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "@sluice/errors";
import type { ByteSource } from "./input-row.ts";

/** Keeps a stream in a temporary file, whose name is gone before it is written: no crash leaves it behind. */
export async function spool(source: ByteSource, maxBytes: number): Promise<FileHandle> {
  const file = await openNameless();
  try {
    let bytes = 0;
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      await file.appendFile(chunk);
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openNameless(): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-import-"));
  try {
    return await open(join(directory, "upload"), "wx+", 0o600);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function tooLarge(maxBytes: number): SluiceError {
  const detail = `A Parquet file may have ${maxBytes} bytes. Split it into several parts.`;
  return new SluiceError("PAYLOAD_TOO_LARGE", detail);
}
