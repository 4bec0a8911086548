import { stringifyJson } from "@sluice/http";
import type { Codec } from "./codec.ts";
import { InvalidValue } from "./invalid-value.ts";

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
    return stringifyJson(value);
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidValue("the JSON value is nested too deeply");
    throw error;
  }
}
