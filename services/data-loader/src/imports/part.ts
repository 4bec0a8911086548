import { isUniqueViolation } from "@sluice/db";
import { SluiceError } from "@sluice/errors";
import { invalidArgument } from "@sluice/http";
import { InvalidValue } from "@sluice/values";
import type { Background } from "../background/background.ts";
import type { Queryable } from "../data-loader.ts";
import { purgeSegment } from "../segments/purge.ts";
import { giveUpSegment, insertSegment, type SegmentKey } from "../segments/queries.ts";
import { getVersion, requireDraft } from "../versions/version.ts";
import { decompressed } from "./decompress.ts";
import { refuseExcess } from "./honest-size.ts";
import type { InputRow } from "./input-row.ts";
import { FORMATS, type MediaType } from "./media.ts";
import { deletePart, type FinishedPart, findPart, insertPart, type PartRow } from "./queries.ts";
import { RowFaults } from "./row-faults.ts";
import { type Reading, RowReader } from "./row.ts";
import { SegmentWriter } from "./segment-writer.ts";
import type { UploadBody } from "./upload-body.ts";
import { UploadProgress } from "./upload-progress.ts";
import { forgetUpload, type UploadKey } from "./upload-queries.ts";

/** What parts are written with. */
export interface PartDeps {
  readonly importDb: Queryable;
  readonly background: Pick<Background, "start">;
  readonly logger: { warn(members: object, message: string): void };
}

/** One upload. */
export interface Upload {
  readonly datasetId: string;
  readonly version: number;
  readonly part: string;
  readonly body: UploadBody;
  /** Content-Encoding. */
  readonly encoding: string | undefined;
  readonly type: MediaType;
  readonly reading: Reading;
  /** Of the request. */
  readonly requestId: string;
}

/**
 * Stores an upload as a part of a draft, all of it or nothing. The same bytes under the same name, read alike, are stored
 * once.
 * @throws SluiceError VERSION_NOT_FOUND, VERSION_SEALED, VERSION_DELETED, PART_CONFLICT, INVALID_ROW,
 * UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT
 */
export async function importPart(deps: PartDeps, upload: Upload): Promise<PartRow> {
  const { importDb } = deps;
  const { datasetId, version, part, body } = upload;
  requireDraft(await getVersion(importDb, datasetId, version));
  const known = await findPart(importDb, datasetId, version, part);
  if (known !== undefined) {
    await body.drain();
    return asBefore(known, { sha256: body.sha256(), options: optionsOf(upload) });
  }
  const segment = await insertSegment(importDb, datasetId);
  const key = { ...segment, version, part };
  const onMissed = (err: unknown): void =>
    deps.logger.warn({ err, segment_id: segment.segmentId }, "upload not touched");
  const writer = new SegmentWriter(importDb, segment, onMissed);
  const current = () => ({
    rows: writer.rows,
    bytes: body.bytes,
    rowsCommitted: writer.rowsCommitted,
  });
  const progress = new UploadProgress(importDb, key, current, onMissed);
  try {
    const finished = await load(upload, writer);
    await progress.stop();
    return await keep(importDb, key, finished);
  } catch (error) {
    await progress.stop();
    const { background } = deps;
    void background.start("fail-upload", () => progress.fail(error, upload.requestId));
    void background.start("give-up-segment", () => discard(importDb, segment));
    throw error;
  }
}

async function load(upload: Upload, writer: SegmentWriter): Promise<FinishedPart> {
  try {
    await writeRows(upload, writer);
    const contentSha256 = await writer.finish();
    const { body } = upload;
    const { rows } = writer;
    const sha256 = body.sha256();
    return { rows, bytes: body.bytes, sha256, options: optionsOf(upload), contentSha256 };
  } finally {
    await writer.end();
  }
}

/** Reads, checks and writes one row after the other. After a bad one nothing is written, and others are looked for. */
async function writeRows(upload: Upload, writer: SegmentWriter): Promise<void> {
  const { body, encoding, type, reading } = upload;
  const faults = new RowFaults();
  const reader = new RowReader(reading);
  let position = 0;
  for await (const rows of FORMATS[type](decompressed(body, encoding), faults)) {
    for (const row of rows) {
      addRow(row, position, reader, writer, faults);
      position += 1;
      if (writer.isFull && !faults.any) await writer.send();
    }
    refuseExcess(position, body.bytes, writer.characters);
  }
  faults.throwIfAny();
  if (position > 0 && reader.unseen.length > 0) {
    const names = reader.unseen.map((name) => `"${name}"`).join(", ");
    throw invalidArgument("/querystring/rename", `names ${names}, which no row has`);
  }
  // A format may end before the bytes do, and the hash is of all.
  await body.drain();
}

function addRow(
  row: InputRow,
  position: number,
  reader: RowReader,
  writer: SegmentWriter,
  faults: RowFaults,
): void {
  try {
    const sample = reader.read(row, position);
    if (!faults.any) writer.add(sample);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    const column = error.path;
    const value = row.values[row.names.indexOf(column)];
    faults.add({ line: row.line, column, value, reason: error.message });
  }
}

/** Makes the part be there, unless another upload of it was faster. */
async function keep(db: Queryable, upload: UploadKey, finished: FinishedPart): Promise<PartRow> {
  const { datasetId, version, part } = upload;
  try {
    const row = await insertPart(db, upload, finished);
    if (row !== undefined) return row;
  } catch (error) {
    if (!isUniqueViolation(error, "parts_pkey")) throw error;
    const winner = await findPart(db, datasetId, version, part);
    if (winner === undefined) throw error;
    await discard(db, upload);
    const same = asBefore(winner, finished);
    await forgetUpload(db, upload);
    return same;
  }
  requireDraft(await getVersion(db, datasetId, version));
  throw new SluiceError("DATABASE_UNAVAILABLE", "The upload was given up meanwhile. Repeat it.");
}

async function discard(db: Queryable, segment: SegmentKey): Promise<void> {
  await giveUpSegment(db, segment);
  await purgeSegment(db, segment);
}

/** All that decides which samples come of an upload's bytes, as text. */
function optionsOf({ type, encoding = "identity", reading }: Upload): string {
  const { rename, sampleIdPrefix = null } = reading;
  return JSON.stringify({ type, encoding, rename: [...rename].toSorted(), sampleIdPrefix });
}

function asBefore(known: PartRow, now: Pick<FinishedPart, "sha256" | "options">): PartRow {
  const isSameContent = known.sha256 === now.sha256;
  if (isSameContent && (known.options ?? now.options) === now.options) return known;
  const how = isSameContent
    ? `to be read otherwise (${known.options}, now ${now.options})`
    : `with other content (sha256 ${known.sha256}, now ${now.sha256})`;
  const detail = `Part "${known.part}" was uploaded ${how}. Delete it first, or use another id.`;
  throw new SluiceError("PART_CONFLICT", detail);
}

/** Takes a part out of a draft. @throws SluiceError VERSION_NOT_FOUND, VERSION_SEALED, VERSION_DELETED, PART_NOT_FOUND */
export async function removePart(
  { importDb, background }: PartDeps,
  datasetId: string,
  version: number,
  part: string,
): Promise<void> {
  const segment = await deletePart(importDb, datasetId, version, part);
  if (segment !== undefined) {
    void background.start("purge-segment", () => purgeSegment(importDb, segment));
    return;
  }
  requireDraft(await getVersion(importDb, datasetId, version));
  throw new SluiceError("PART_NOT_FOUND", `Version ${version} has no part "${part}".`);
}
