import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { SluiceError } from "@sluice/errors";
import { invalidArgument } from "@sluice/http";
import type { ByteSource } from "./input-row.ts";

/** A body may always grow to this. */
const FREE_BYTES = 64 * 1024 * 1024;
/** Beyond it, to this many times its size on the wire: rows of metadata stay far below, bombs far above. */
const MAX_RATIO = 200;

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  zstd: createZstdDecompress,
};

/**
 * Undoes a body's Content-Encoding, piece by piece.
 * @throws SluiceError at once: UNSUPPORTED_MEDIA_TYPE; while it is read: VALIDATION_FAILED, PAYLOAD_TOO_LARGE
 */
export function decompressed(source: ByteSource, encoding: string = "identity"): ByteSource {
  if (encoding === "identity") return source;
  const makeDecoder = DECODERS[encoding];
  if (makeDecoder !== undefined) return decoded(source, makeDecoder(), encoding);
  const detail = `The body is encoded as "${encoding}". Send it as gzip, zstd or identity.`;
  throw new SluiceError("UNSUPPORTED_MEDIA_TYPE", detail);
}

async function* decoded(
  source: ByteSource,
  decoder: Duplex,
  encoding: string,
): AsyncGenerator<Buffer> {
  let bytesIn = 0;
  let bytesOut = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      bytesIn += chunk.length;
      yield chunk;
    }
  };
  const feeding = pipeline(counted, decoder);
  // Its error is the decoder's, which is thrown below.
  feeding.catch(() => undefined);
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      bytesOut += chunk.length;
      if (bytesOut > Math.max(FREE_BYTES, bytesIn * MAX_RATIO)) throw tooLarge();
      yield chunk;
    }
    await feeding;
  } catch (error) {
    throw isZlibError(error) ? notEncoded(encoding, error) : error;
  }
}

function isZlibError(error: unknown): error is Error {
  const code = String((error as { code?: unknown } | null)?.code);
  return code.startsWith("Z_") || code.startsWith("ZSTD_");
}

function notEncoded(encoding: string, error: Error): SluiceError {
  return invalidArgument("/body", `is not ${encoding} as Content-Encoding says: ${error.message}`);
}

function tooLarge(): SluiceError {
  const detail = `The body decompresses to more than ${MAX_RATIO} times its size. Send it less compressed.`;
  return new SluiceError("PAYLOAD_TOO_LARGE", detail);
}
