import type { AsyncBuffer, ColumnMetaData, PageHeader, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

/** What a row group may take, all columns together, decoded. */
export interface GroupLimits {
  readonly bytes: number;
  readonly values: number;
}

const GROUP_LIMITS: GroupLimits = { bytes: 256 * 1024 * 1024, values: 20_000_000 };

/** A value that is written out as a text takes as much memory as so many others. */
const VALUES_A_TEXT = 4;
/** The head of a page has statistics at most: a least and a greatest value, which writers cut. */
const MAX_HEAD_BYTES = 65_536;

/** What a Parquet file says of itself is not true, or more than is taken. */
export class BadParquet extends Error {
  override readonly name = "BadParquet";
}

/**
 * Checks what a row group will take in memory, page by page, before any of it is decoded: a few bytes can claim, and
 * by run lengths be, billions of values.
 * @throws BadParquet
 */
export async function checkRowGroup(
  file: AsyncBuffer,
  group: RowGroup,
  limits: GroupLimits = GROUP_LIMITS,
): Promise<void> {
  let { bytes, values } = limits;
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new BadParquet("a column has no metadata");
    // They are read as a whole.
    if (Number(column.total_compressed_size) > limits.bytes) throw tooLarge(limits);
    for (const page of await pagesOf(file, column)) {
      bytes -= page.uncompressed_page_size;
      values -= valuesOf(page, column);
    }
    if (bytes < 0 || values < 0) throw tooLarge(limits);
  }
}

function tooLarge({ bytes, values }: GroupLimits): BadParquet {
  const most = `${bytes} bytes or ${values} values (a text that is in no dictionary counts as ${VALUES_A_TEXT})`;
  return new BadParquet(`a row group decodes to more than ${most}; write smaller ones`);
}

function valuesOf(page: PageHeader, { type, path_in_schema: path }: ColumnMetaData): number {
  const data = page.data_page_header ?? page.data_page_header_v2 ?? page.dictionary_page_header;
  if (data === undefined) return 0;
  // Each value may repeat all of the one before it, and takes no byte for that.
  if (data.encoding === "DELTA_BYTE_ARRAY")
    throw new BadParquet(
      `column "${path.join(".")}" is encoded as DELTA_BYTE_ARRAY; write it plain`,
    );
  const isText = type === "BYTE_ARRAY" || type === "FIXED_LEN_BYTE_ARRAY";
  const isWrittenOut = isText && !data.encoding.endsWith("DICTIONARY");
  return data.num_values * (isWrittenOut ? VALUES_A_TEXT : 1);
}

/** The heads of a column's pages. */
async function pagesOf(file: AsyncBuffer, column: ColumnMetaData): Promise<PageHeader[]> {
  const start = Number(column.dictionary_page_offset ?? column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  if (!(start >= 0 && end > start && end <= file.byteLength))
    throw new BadParquet(`column "${column.path_in_schema.join(".")}" is not inside the file`);
  const buffer = await file.slice(start, end);
  const pages: PageHeader[] = [];
  // hyparquet stops one byte before the end, too.
  for (let offset = 0; offset < buffer.byteLength - 1;) {
    const length = Math.min(MAX_HEAD_BYTES, buffer.byteLength - offset);
    const reader = { view: new DataView(buffer, offset, length), offset: 0 };
    const page = parquetHeader(reader);
    if (!(page.compressed_page_size > 0 && page.uncompressed_page_size >= 0))
      throw new BadParquet("a page has no size");
    pages.push(page);
    offset += reader.offset + page.compressed_page_size;
  }
  return pages;
}
