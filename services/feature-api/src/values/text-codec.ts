import type { Codec } from "./codec.ts";
import { InvalidValue, show } from "@sluice/values";

/** `string`: any text PostgreSQL can hold. */
export const stringCodec: Codec = {
  parse(value) {
    if (typeof value !== "string") throw new InvalidValue(`${show(value)} is not a string`);
    if (value.includes("\0")) throw new InvalidValue("strings cannot hold the character U+0000");
    if (!value.isWellFormed())
      throw new InvalidValue(
        "the string holds half of a surrogate pair, which is not valid Unicode",
      );
    return value;
  },
  encode: (stored) => JSON.stringify(stored),
  encodeForFeast: (stored) => JSON.stringify(stored),
};

/** `bytes`: base64 with padding (RFC 4648 §4), kept as it came. */
export const bytesCodec: Codec = {
  parse(value) {
    if (typeof value !== "string" || !isBase64(value))
      throw new InvalidValue(`${show(value)} is not padded base64`);
    return value;
  },
  encode: (stored) => JSON.stringify(stored),
  encodeForFeast: (stored) => JSON.stringify(stored),
};

/** One spelling for each byte string, or two keys could name the same entity. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && Buffer.from(text, "base64").toString("base64") === text;
}
