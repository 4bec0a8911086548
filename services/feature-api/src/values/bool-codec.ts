import type { Codec } from "./codec.ts";
import { InvalidValue, show } from "@sluice/values";

/** `bool`: true or false; 0, 1 and words are refused rather than guessed at. */
export const boolCodec: Codec = {
  parse(value) {
    if (typeof value !== "boolean") throw new InvalidValue(`${show(value)} is not a bool`);
    return value;
  },
  encode: String,
  encodeForFeast: String,
};
