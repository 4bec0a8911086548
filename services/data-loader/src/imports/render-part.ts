import type { PartRow } from "./queries.ts";
import type { PartStatusRow } from "./upload-queries.ts";

/** A part as the API shows it. */
export function renderPart({
  segment_id: _segment,
  options: _options,
  bytes,
  ...shown
}: PartRow): object {
  return { ...shown, bytes: BigInt(bytes) };
}

/** A part as the API shows it that may still be under way. */
export function renderPartStatus({ bytes, ...shown }: PartStatusRow): object {
  return { ...shown, bytes: BigInt(bytes) };
}
