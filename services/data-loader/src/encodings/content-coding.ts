import { promisify } from "node:util";
import {
  constants,
  createGzip,
  createZstdCompress,
  gzip,
  zstdCompress,
  type ZlibOptions,
  type ZstdOptions,
} from "node:zlib";
import type { Transform } from "node:stream";
import { parseWeightedList } from "./weighted-list.ts";

/** What a body can be encoded as; of two that the client weights alike the earlier one. */
const CODINGS = ["zstd", "gzip", "identity"] as const;
export type Coding = (typeof CODINGS)[number];

/** Smaller bodies fit into one packet as they are. */
const WORTH_IT_BYTES = 1_400;

const GZIP: ZlibOptions = { level: 1 };
const ZSTD: ZstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * The coding for an Accept-Encoding header. A client that excludes all of them gets `identity`: an answer that it can do
 * something with (RFC 9110, section 12.5.3 leaves the choice).
 */
export function chooseCoding(acceptEncoding: string | undefined): Coding {
  const items = parseWeightedList(acceptEncoding ?? "");
  const weightOf = (coding: Coding): number => {
    const item = items.find(({ name }) => name === coding || name === `x-${coding}`);
    if (item !== undefined) return item.weight;
    const rest = items.find(({ name }) => name === "*")?.weight;
    // What is not spoken of is acceptable as it is, but a coding that is spoken of comes first.
    return rest ?? (coding === "identity" ? 0.0001 : 0);
  };
  const [best] = CODINGS.map((coding) => ({ coding, weight: weightOf(coding) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  return best?.coding ?? "identity";
}

const compressors = { gzip: promisify(gzip), zstd: promisify(zstdCompress) };

/** A whole body in a coding, and which one it is: a small one stays as it is. The work is done on another thread. */
export async function encodeBody(
  body: Buffer,
  coding: Coding,
): Promise<{ bytes: Buffer; coding: Coding }> {
  if (coding === "identity" || body.length < WORTH_IT_BYTES)
    return { bytes: body, coding: "identity" };
  const bytes =
    coding === "gzip" ? await compressors.gzip(body, GZIP) : await compressors.zstd(body, ZSTD);
  return { bytes, coding };
}

const CODERS: Readonly<Record<Coding, (() => Transform) | undefined>> = {
  // Flushed after each write, so that what a reader can take does not wait for what follows.
  gzip: () => createGzip({ ...GZIP, flush: constants.Z_SYNC_FLUSH }),
  zstd: () => createZstdCompress({ ...ZSTD, flush: constants.ZSTD_e_flush }),
  identity: undefined,
};

/** Encodes a stream; undefined when it stays as it is. */
export function openCoder(coding: Coding): Transform | undefined {
  return CODERS[coding]?.();
}
