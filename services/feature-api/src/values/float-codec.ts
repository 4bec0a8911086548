import type { Codec, Stored } from "./codec.ts";
import { InvalidValue, show } from "@sluice/values";

/** jsonb numbers have no negative zero, so that one float is kept as a string. */
const NEGATIVE_ZERO = "-0.0";

/** `float64`: kept as a JSON number; goes out with a point or an exponent, so that `1.0` stays a float for its reader. */
export const float64Codec: Codec = floatCodec("float64", (value) => value);

/** `float32`: rounded to single precision and kept as the shortest decimal that denotes it. */
export const float32Codec: Codec = floatCodec("float32", roundToSingle);

function floatCodec(type: string, round: (value: number) => number): Codec {
  return {
    parse(value) {
      if (typeof value !== "number" && typeof value !== "bigint") {
        throw new InvalidValue(`${show(value)} is not a ${type}`);
      }
      const float = round(Number(value));
      if (Number.isNaN(float)) return null;
      if (!Number.isFinite(float))
        throw new InvalidValue(`${show(value)} is outside ${type}'s range`);
      return Object.is(float, -0) ? NEGATIVE_ZERO : float;
    },
    encode: encodeFloat,
    encodeForFeast: encodeFloat,
  };
}

function encodeFloat(stored: Stored): string {
  const text = String(stored);
  return Number.isInteger(stored) && !text.includes("e") ? `${text}.0` : text;
}

/** Six digits suffice for what was written with six; nine tell any two single-precision floats apart. */
function roundToSingle(value: number): number {
  const single = Math.fround(value);
  if (single === 0) return single; // toPrecision drops the sign of -0
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return shorter;
  }
  return Number.isFinite(single) ? Number(single.toPrecision(9)) : single;
}
