import type { AsyncBuffer, ColumnMetaData, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

/** Of one row group, all columns together, decoded. */
const MAX_GROUP_BYTES = 256 * 1024 * 1024;
const MAX_GROUP_VALUES = 20_000_000;

/** What a Parquet file says of itself is not true, or more than is taken. */
export class BadParquet extends Error {
  override readonly name = "BadParquet";
}

/**
 * Checks what a row group will take in memory, page by page, before any of it is decoded: a few bytes can claim, and
 * by run lengths be, billions of values.
 * @throws BadParquet
 */
export async function checkRowGroup(file: AsyncBuffer, group: RowGroup): Promise<void> {
  const budget = { bytes: MAX_GROUP_BYTES, values: MAX_GROUP_VALUES };
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new BadParquet("a column has no metadata");
    await checkColumn(file, column, budget);
  }
}

async function checkColumn(
  file: AsyncBuffer,
  column: ColumnMetaData,
  budget: { bytes: number; values: number },
): Promise<void> {
  const start = Number(column.dictionary_page_offset ?? column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  if (!(start >= 0 && end > start && end <= file.byteLength))
    throw new BadParquet(`column "${column.path_in_schema.join(".")}" is not inside the file`);
  const view = new DataView(await file.slice(start, end));
  const reader = { view, offset: 0 };
  // hyparquet stops one byte before the end, too.
  while (reader.offset < view.byteLength - 1) {
    const page = parquetHeader(reader);
    const data = page.data_page_header ?? page.data_page_header_v2 ?? page.dictionary_page_header;
    budget.bytes -= page.uncompressed_page_size;
    budget.values -= data?.num_values ?? 0;
    if (!(page.compressed_page_size > 0 && page.uncompressed_page_size >= 0))
      throw new BadParquet("a page has no size");
    if (budget.bytes < 0 || budget.values < 0)
      throw new BadParquet(
        `a row group decodes to more than ${MAX_GROUP_BYTES} bytes or ${MAX_GROUP_VALUES} values; write smaller ones`,
      );
    reader.offset += page.compressed_page_size;
  }
}
