import { createHash } from "node:crypto";
import { SluiceError } from "@sluice/errors";
import type { Queryable, TransactionalDatabase } from "../data-loader.ts";
import { endOperation, lockRunning, type OperationRow } from "../operations/queries.ts";
import { type ContentOfSegment, fingerprintOf, placed, samplesOf } from "../versions/content.ts";
import type { Layout } from "../versions/layout.ts";
import { readLayout } from "../versions/layouts.ts";
import { BLOCK_BYTES, BLOCK_ROWS, Mask } from "../versions/mask.ts";
import { insertVersion } from "../versions/queries.ts";
import { insertVersionSegments, markSealed } from "../versions/seal-queries.ts";
import {
  choosePositions,
  completeSelection,
  insertBlocks,
  insertSelection,
  listSources,
  shareSealed,
  type SourceSegment,
} from "./queries.ts";
import { type SampleFilter, summaryOf } from "./sample-filter.ts";

/** Content that is put together otherwise gets another name here, and so other fingerprints. */
const ALGORITHM = "sluice-selection-1";
/** Looked at in one statement: some hundredths of a second. */
const ROWS_A_STEP = 8 * BLOCK_ROWS;
/** Stored in one statement: half a mebibyte. */
const BLOCKS_A_STEP = 512;

/** Rows of a segment that were chosen. */
interface Chosen {
  readonly source: SourceSegment;
  readonly mask: Mask;
}

/**
 * Makes a sealed version of those samples of another one that fit a filter, in their order and by reference. What is
 * chosen is gathered in memory, an eighth of a byte for each sample there is, and one transaction makes all of it: an
 * attempt that is given up leaves nothing behind.
 * @returns the operation's result
 * @throws SluiceError VERSION_DELETED
 */
export async function selectSamples(
  db: TransactionalDatabase,
  operation: OperationRow,
  onProgress: (progress: number) => void,
): Promise<object> {
  const { dataset_id: datasetId, request } = operation;
  const { version: base, filter } = request as { version: number; filter: SampleFilter };
  const layout = await readLayout(db, datasetId, base);
  const chosen = await choose(db, { datasetId, base, filter, layout }, onProgress);
  return db.transaction("data.seal_selection", (tx) => seal(tx, operation, chosen));
}

async function choose(
  db: Queryable,
  from: { datasetId: string; base: number; filter: SampleFilter; layout: Layout },
  onProgress: (progress: number) => void,
): Promise<Chosen[]> {
  const { datasetId, base, filter, layout } = from;
  const sources = await listSources(db, datasetId, base);
  const total = samplesOf(sources);
  const chosen: Chosen[] = [];
  let done = 0;
  for (const source of sources) {
    const bits = Mask.bitsFor(source.rows);
    for (let first = 0; first < source.rows; first += ROWS_A_STEP) {
      const last = Math.min(first + ROWS_A_STEP, source.rows) - 1;
      const range = { first, last };
      for (const position of await choosePositions(db, datasetId, source.segment_id, range, filter))
        // The base may be a selection itself.
        if (layout.ordinalOf(source.segment_id, position) !== undefined)
          bits[position >>> 3]! |= 1 << (position & 7);
      done += last - first + 1;
      onProgress(done / total);
    }
    const mask = new Mask(bits);
    if (mask.count > 0) chosen.push({ source, mask });
  }
  return chosen;
}

/**
 * Locks the operation, then the base, then the dataset (by its counter). Who deletes the base waits for the second, and
 * sees from then on that its segments are in use. The version and the end of the operation come together: of two processes
 * that work on it, one makes the version.
 */
async function seal(
  tx: Queryable,
  operation: OperationRow,
  chosen: readonly Chosen[],
): Promise<object> {
  const { dataset_id: datasetId, request } = operation;
  const { version: base, filter } = request as { version: number; filter: SampleFilter };
  if (!(await lockRunning(tx, operation))) return {};
  const isSealed = await shareSealed(tx, datasetId, base);
  const draft = { baseVersion: base, idempotencyKey: null, filter: summaryOf(filter) };
  const begun = isSealed ? await insertVersion(tx, datasetId, draft) : undefined;
  if (begun === undefined)
    throw new SluiceError("VERSION_DELETED", `Version ${base} was deleted before the selection.`);
  const { version } = begun;
  const segments: ContentOfSegment[] = [];
  for (const each of chosen) segments.push(await store(tx, datasetId, each));
  await insertVersionSegments(tx, datasetId, version, placed(segments));
  const content = { samples: samplesOf(segments), fingerprint: fingerprintOf(segments) };
  await markSealed(tx, datasetId, version, content);
  const result = { version };
  await endOperation(tx, operation, { result, error: null });
  return result;
}

async function store(
  tx: Queryable,
  datasetId: string,
  { source, mask: { bits, count: rows } }: Chosen,
): Promise<ContentOfSegment> {
  const segmentId = await insertSelection(tx, datasetId, source.segment_id);
  for (let first = 0; first * BLOCK_BYTES < bits.length; first += BLOCKS_A_STEP) {
    const end = (first + BLOCKS_A_STEP) * BLOCK_BYTES;
    const some = bits.subarray(first * BLOCK_BYTES, end);
    await insertBlocks(tx, datasetId, segmentId, { first, bits: some });
  }
  // The content of a selection follows from that of its source and what was chosen of it.
  const head = `${ALGORITHM}\n${source.sha256} ${source.rows}\n`;
  const sha256 = createHash("sha256").update(head).update(bits).digest("hex");
  await completeSelection(tx, datasetId, segmentId, { rows, sha256 });
  return { segment_id: segmentId, rows, sha256 };
}
