import { decodeCursor, encodeCursor, invalidArgument } from "@sluice/http";
import type { Queryable } from "../data-loader.ts";
import type { FrameColumn } from "../encodings/frame.ts";
import type { Layout } from "../versions/layout.ts";
import { requireSealedState } from "../versions/version.ts";
import { type PageQuery, type PageRows, readRun, seekCreated } from "./page-queries.ts";
import { sampleColumns } from "./sample-columns.ts";

/** Ordinals that one statement goes through for rows of a time: some milliseconds. */
const RUN_ORDINALS = 20_000;

/** Some samples in order of ordinal. */
export interface SamplePage {
  readonly count: number;
  readonly columns: readonly FrameColumn[];
  /** Where the next page begins; null when this is the last one. */
  readonly next: number | null;
}

/**
 * The samples from ordinal `first` on, at most `limit`. Each page is one statement of its own, or two: only sealed versions
 * are read this way, so that pages fit together all the same. With times, a page may have fewer samples although others
 * follow, and so may one of long values.
 * @throws SluiceError VERSION_DELETED
 */
export async function readPage(
  db: Queryable,
  layout: Layout,
  query: PageQuery,
  first: number,
): Promise<SamplePage> {
  const { limit, created } = query;
  const isBounded = created.from !== null || created.to !== null;
  const end = first + (isBounded ? Math.max(RUN_ORDINALS, limit) : limit);
  const run = await readRun(db, query, first, layout.runFrom(first, end - first));
  requireSealedState(query.version, run.state);
  if (run.count > 0 || end >= layout.samples) {
    const isWhole = run.count < limit && !run.isCut;
    return toPage(query, run, isWhole ? end : run.last! + 1, layout);
  }
  // Nothing for a long way: what there is may be far off.
  const found = await seekCreated(db, query, layout.placeOf(end));
  requireSealedState(query.version, found.state);
  const { last } = found;
  const isWhole = last === null || (found.count < limit && !found.isCut);
  const next = isWhole ? layout.samples : layout.ordinalOf(last.segmentId, last.position)! + 1;
  return toPage(query, found, next, layout);
}

/** All pages from ordinal `first` on. Only what has been asked for is read. @throws as `readPage` */
export async function* readPages(
  db: Queryable,
  layout: Layout,
  query: PageQuery,
  first: number,
): AsyncGenerator<SamplePage> {
  for (let next: number | null = first; next !== null;) {
    const page: SamplePage = await readPage(db, layout, query, next);
    yield page;
    next = page.next;
  }
}

function toPage(
  { columns }: PageQuery,
  { count, texts }: PageRows,
  next: number,
  layout: Layout,
): SamplePage {
  return {
    count,
    columns: sampleColumns(columns, texts),
    next: next < layout.samples ? next : null,
  };
}

/** A cursor is one of a version and of times; the columns may change from page to page. */
function listOf({ datasetId, version, created }: PageQuery): string {
  return `samples ${datasetId}/${version} ${created.from}/${created.to}`;
}

export function cursorOf(query: PageQuery, next: number | null): string | null {
  return next === null ? null : encodeCursor(listOf(query), String(next));
}

/** The ordinal that a cursor stands for; the first one without. @throws SluiceError VALIDATION_FAILED */
export function ordinalOf(query: PageQuery, cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const text = decodeCursor(listOf(query), cursor);
  const ordinal = Number(text);
  // Its checksum is no secret.
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(ordinal))
    throw invalidArgument("/cursor", "is not from this list");
  return ordinal;
}
