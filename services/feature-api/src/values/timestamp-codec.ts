import type { Codec } from "./codec.ts";
import { parseInstant, toEpochSeconds } from "@sluice/values";

/** `timestamp`: kept as RFC 3339 with microseconds; Feast knows whole epoch seconds only. */
export const timestampCodec: Codec = {
  parse: parseInstant,
  encode: (stored) => JSON.stringify(stored),
  encodeForFeast: (stored) => String(toEpochSeconds(String(stored))),
};
