import { SluiceError } from "@sluice/errors";
import type { Queryable, TransactionalDatabase } from "../data-loader.ts";
import { fingerprintOf, placed, samplesOf } from "./content.ts";
import {
  type ContentSegment,
  type Duplicate,
  findDuplicates,
  insertVersionSegments,
  listContent,
  lockVersion,
  markSealed,
} from "./seal-queries.ts";

const MAX_EXAMPLES = 10;
/** A step of the search for duplicates: a fraction of a second of probes. */
const ROWS_A_STEP = 50_000;

/** A version of a dataset. */
export interface VersionKey {
  readonly datasetId: string;
  readonly version: number;
}

/**
 * Seals a draft: from then on it is the segments of its base and then its parts by id, with dense ordinals, for ever.
 * Does nothing to a sealed one. May be begun again at any point.
 * @throws SluiceError VERSION_DELETED, DUPLICATE_SAMPLES
 */
export async function sealVersion(
  db: TransactionalDatabase,
  key: VersionKey,
  onProgress: (progress: number) => void,
): Promise<void> {
  const checked = new Set<string>();
  for (;;) {
    const content = await listContent(db, key.datasetId, key.version);
    await refuseDuplicates(db, key, content, checked, onProgress);
    const isSealed = await db.transaction("data.seal_version", (tx) => seal(tx, key, content));
    if (isSealed) return;
  }
}

/** Looks for sample ids that occur twice. New samples are compared with each other and with those of the base. */
async function refuseDuplicates(
  db: Queryable,
  { datasetId }: VersionKey,
  content: readonly ContentSegment[],
  checked: Set<string>,
  onProgress: (progress: number) => void,
): Promise<void> {
  const fresh = content.filter((segment) => !segment.is_shared && !checked.has(segment.segment_id));
  const total = samplesOf(fresh);
  const examples = new Map<string, Duplicate>();
  let done = 0;
  for (const { segment_id: segmentId, rows } of fresh) {
    for (let first = 0; first < rows && examples.size < MAX_EXAMPLES; first += ROWS_A_STEP) {
      const last = Math.min(first + ROWS_A_STEP, rows) - 1;
      const range = { first, last };
      const found = await findDuplicates(
        db,
        { datasetId, segmentId },
        range,
        content,
        MAX_EXAMPLES,
      );
      for (const duplicate of found) examples.set(duplicate.sample_id, duplicate);
      done += last - first + 1;
      onProgress(done / total);
    }
    checked.add(segmentId);
  }
  if (examples.size > 0) throw duplicates([...examples.values()].slice(0, MAX_EXAMPLES));
}

/** @returns false when a part came or went since the content was read */
async function seal(
  tx: Queryable,
  { datasetId, version }: VersionKey,
  checked: readonly ContentSegment[],
): Promise<boolean> {
  const locked = await lockVersion(tx, datasetId, version);
  if (locked?.state === "sealed") return true;
  if (locked?.state !== "draft") throw deleted(version);
  if (locked.base_version !== null && locked.base_state !== "sealed")
    throw deleted(locked.base_version);
  const content = await listContent(tx, datasetId, version);
  if (!sameSegments(content, checked)) return false;
  await insertVersionSegments(tx, datasetId, version, placed(content));
  const samples = samplesOf(content);
  await markSealed(tx, datasetId, version, { samples, fingerprint: fingerprintOf(content) });
  return true;
}

function sameSegments(a: readonly ContentSegment[], b: readonly ContentSegment[]): boolean {
  return (
    a.length === b.length && a.every(({ segment_id }, index) => segment_id === b[index]!.segment_id)
  );
}

function duplicates(examples: readonly Duplicate[]): SluiceError {
  const [first] = examples;
  const detail = `Sample "${first!.sample_id}" occurs ${first!.count} times. Delete the parts that repeat samples, and seal again.`;
  return new SluiceError("DUPLICATE_SAMPLES", detail, { extra: { examples } });
}

function deleted(version: number): SluiceError {
  return new SluiceError("VERSION_DELETED", `Version ${version} was deleted.`);
}
