import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import {
  asyncBufferFromFile,
  type Compressors,
  parquetMetadataAsync,
  parquetRead,
} from "hyparquet";

/** The Parquet file of the npm package `vega-datasets`: 3 million flights inside the USA, January to June 2001. */
export const FLIGHTS_FILE = fileURLToPath(
  new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets")),
);

/** Some flights, as columns of equal length. */
export interface FlightColumns {
  readonly date: readonly Date[];
  /** Minutes; negative: early. */
  readonly delay: readonly bigint[];
  /** Miles. */
  readonly distance: readonly bigint[];
  readonly origin: readonly string[];
  readonly destination: readonly string[];
}

const COLUMNS = [
  "date",
  "delay",
  "distance",
  "origin",
  "destination",
] as const satisfies readonly (keyof FlightColumns)[];

const COMPRESSORS: Compressors = { ZSTD: (input) => zstdDecompressSync(input) };

/** Reads the flights one row group after the other: all of them at once take 600 MB. */
export async function* readFlights(file: string = FLIGHTS_FILE): AsyncGenerator<FlightColumns> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const columns = new Map<string, ArrayLike<unknown>>();
    await parquetRead({
      file: buffer,
      metadata,
      columns: [...COLUMNS],
      rowStart,
      rowEnd,
      compressors: COMPRESSORS,
      onChunk: ({ columnName, columnData }) => columns.set(columnName, columnData),
    });
    // The file's schema gives these types; hyparquet cannot know them.
    yield Object.fromEntries(columns) as unknown as FlightColumns;
    rowStart = rowEnd;
  }
}
