import { createHash } from "node:crypto";

/** A segment as far as a version's content goes. */
export interface ContentOfSegment {
  readonly segment_id: string;
  readonly rows: number;
  readonly sha256: string;
}

/** Content that is put together otherwise gets another name here, and so other fingerprints. */
const ALGORITHM = "sluice-content-1";

/** A segment at its place. */
export interface PlacedSegment extends ContentOfSegment {
  readonly firstOrdinal: number;
}

/** Gives the segments dense ordinals, in their order. */
export function placed(segments: readonly ContentOfSegment[]): PlacedSegment[] {
  let next = 0;
  return segments.map((segment) => {
    const firstOrdinal = next;
    next += segment.rows;
    return { ...segment, firstOrdinal };
  });
}

/** SHA-256, in hex, over the algorithm's name and then each segment's content and number of rows, a line each. */
export function fingerprintOf(segments: readonly ContentOfSegment[]): string {
  const hash = createHash("sha256").update(`${ALGORITHM}\n`);
  for (const { sha256, rows } of segments) hash.update(`${sha256} ${rows}\n`);
  return hash.digest("hex");
}

/** How many samples the segments hold. */
export function samplesOf(segments: readonly ContentOfSegment[]): number {
  return segments.reduce((sum, { rows }) => sum + rows, 0);
}
