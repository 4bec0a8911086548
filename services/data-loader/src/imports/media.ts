import { SluiceError } from "@sluice/errors";
import { readArrow } from "./arrow.ts";
import { readCsv } from "./csv.ts";
import type { ByteSource, InputRows } from "./input-row.ts";
import { readNdjson } from "./ndjson.ts";
import { readParquet } from "./parquet.ts";
import type { RowFaults } from "./row-faults.ts";

/** Reads the rows of one format. Rows that are none are faults; @throws SluiceError for what cannot be read on. */
export type RowFormat = (source: ByteSource, faults: RowFaults) => InputRows;

const FORMATS: Readonly<Record<string, RowFormat>> = {
  "application/x-ndjson": readNdjson,
  "text/csv": readCsv,
  "application/vnd.apache.parquet": readParquet,
  "application/vnd.apache.arrow.stream": readArrow,
};

/** What an upload may be. */
export const MEDIA_TYPES: readonly string[] = Object.keys(FORMATS);

/** @throws SluiceError UNSUPPORTED_MEDIA_TYPE */
export function formatOf(contentType: string | undefined): RowFormat {
  const [type = "", ...parameters] = (contentType ?? "").toLowerCase().split(";");
  const format = FORMATS[type.trim()];
  const charset = parameters.find((parameter) => parameter.trim().startsWith("charset="));
  if (format !== undefined && /^(?:charset="?utf-8"?)?$/.test(charset?.trim() ?? "")) return format;
  const detail = `An upload is ${MEDIA_TYPES.join(", ")}, texts in UTF-8; this one is "${contentType ?? ""}".`;
  throw new SluiceError("UNSUPPORTED_MEDIA_TYPE", detail);
}
