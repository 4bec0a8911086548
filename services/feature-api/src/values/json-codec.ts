import type { Codec } from "./codec.ts";
import { InvalidValue } from "@sluice/values";

/**
 * `json`: any JSON value. It is kept as its JSON text inside a JSON string: jsonb would reorder the members
 * of objects and refuse `\u0000`, and reading the text back would send integers beyond 2^53 through doubles.
 */
export const jsonCodec: Codec = {
  parse: toJsonText,
  encode: String,
  encodeForFeast: String,
};

function toJsonText(value: unknown): string {
  try {
    return JSON.stringify(value, exactNumbers);
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidValue("the JSON value is nested too deeply");
    throw error;
  }
}

/** JSON.stringify would refuse a BigInt, and write null for a number that was read as infinite. */
function exactNumbers(_key: string, value: unknown): unknown {
  if (value === Infinity || value === -Infinity)
    throw new InvalidValue("a number of the JSON value is outside float64's range");
  return typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value;
}
