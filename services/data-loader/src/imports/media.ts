import { SluiceError } from "@sluice/errors";
import { readArrow } from "./arrow.ts";
import { readCsv } from "./csv.ts";
import type { ByteSource, InputRows } from "./input-row.ts";
import { readNdjson } from "./ndjson.ts";
import { readParquet } from "./parquet.ts";
import type { RowFaults } from "./row-faults.ts";

/** Reads the rows of one format. Rows that are none are faults; @throws SluiceError for what cannot be read on. */
export type RowFormat = (source: ByteSource, faults: RowFaults) => InputRows;

export const FORMATS = {
  "application/x-ndjson": readNdjson,
  "text/csv": readCsv,
  "application/vnd.apache.parquet": readParquet,
  "application/vnd.apache.arrow.stream": readArrow,
} as const satisfies Readonly<Record<string, RowFormat>>;

export type MediaType = keyof typeof FORMATS;

/** What an upload may be. */
export const MEDIA_TYPES = Object.keys(FORMATS) as readonly MediaType[];

/** @throws SluiceError UNSUPPORTED_MEDIA_TYPE */
export function mediaTypeOf(contentType: string | undefined): MediaType {
  const [type = "", ...parameters] = (contentType ?? "").toLowerCase().split(";");
  const known = MEDIA_TYPES.find((each) => each === type.trim());
  const charset = parameters.find((parameter) => parameter.trim().startsWith("charset="));
  if (known !== undefined && /^(?:charset="?utf-8"?)?$/.test(charset?.trim() ?? "")) return known;
  const detail = `An upload is ${MEDIA_TYPES.join(", ")}, texts in UTF-8; this one is "${contentType ?? ""}".`;
  throw new SluiceError("UNSUPPORTED_MEDIA_TYPE", detail);
}
