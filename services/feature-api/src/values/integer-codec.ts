import type { Codec, Stored } from "./codec.ts";
import { InvalidValue, show } from "@sluice/values";

const DECIMAL = /^-?\d{1,20}$/;

/** `int32`: kept as a JSON number. */
export const int32Codec: Codec = integerCodec("int32", 32, Number);

/** `int64`: kept as a JSON string of digits (as protobuf's JSON mapping does), so that no reader needs big-number parsing. */
export const int64Codec: Codec = integerCodec("int64", 64, String);

function integerCodec(
  type: string,
  bits: number,
  toStored: (value: number | bigint) => Stored,
): Codec {
  const max = 2n ** BigInt(bits - 1) - 1n;
  const min = -max - 1n;
  return {
    parse(value) {
      const integer = readInteger(type, value);
      if (integer < min || integer > max) {
        throw new InvalidValue(`${show(value)} is outside ${type}'s range ${min} to ${max}`);
      }
      return toStored(integer);
    },
    encode: String,
    encodeForFeast: String,
  };
}

function readInteger(type: string, value: unknown): number | bigint {
  if (Number.isSafeInteger(value)) return (value as number) + 0; // + 0 turns -0 into 0
  if (typeof value === "bigint") return value;
  if (typeof value === "string" && DECIMAL.test(value)) return BigInt(value);
  if (Number.isInteger(value)) {
    throw new InvalidValue(
      `${show(value)} lost digits as a float; write the ${type} without point or exponent`,
    );
  }
  throw new InvalidValue(`${show(value)} is not an ${type}`);
}
