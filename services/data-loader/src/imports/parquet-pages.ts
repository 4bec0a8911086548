import type { AsyncBuffer, ColumnMetaData, PageHeader, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

/** What a row group may take, all columns together, decoded. */
export interface GroupLimits {
  readonly bytes: number;
  readonly values: number;
}

const GROUP_LIMITS: GroupLimits = { bytes: 256 * 1024 * 1024, values: 20_000_000 };

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
    for (const page of await pagesOf(file, column)) {
      const data = page.data_page_header ?? page.data_page_header_v2 ?? page.dictionary_page_header;
      bytes -= page.uncompressed_page_size;
      values -= data?.num_values ?? 0;
    }
    if (bytes >= 0 && values >= 0) continue;
    const most = `${limits.bytes} bytes or ${limits.values} values`;
    throw new BadParquet(`a row group decodes to more than ${most}; write smaller ones`);
  }
}

/** The heads of a column's pages. */
async function pagesOf(file: AsyncBuffer, column: ColumnMetaData): Promise<PageHeader[]> {
  const start = Number(column.dictionary_page_offset ?? column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  if (!(start >= 0 && end > start && end <= file.byteLength))
    throw new BadParquet(`column "${column.path_in_schema.join(".")}" is not inside the file`);
  const view = new DataView(await file.slice(start, end));
  const reader = { view, offset: 0 };
  const pages: PageHeader[] = [];
  // hyparquet stops one byte before the end, too.
  while (reader.offset < view.byteLength - 1) {
    const page = parquetHeader(reader);
    if (!(page.compressed_page_size > 0 && page.uncompressed_page_size >= 0))
      throw new BadParquet("a page has no size");
    pages.push(page);
    reader.offset += page.compressed_page_size;
  }
  return pages;
}
