import { arrayCodec } from "./array-codec.ts";
import { boolCodec } from "./bool-codec.ts";
import type { Codec } from "./codec.ts";
import { float32Codec, float64Codec } from "./float-codec.ts";
import { int32Codec, int64Codec } from "./integer-codec.ts";
import { jsonCodec } from "./json-codec.ts";
import { bytesCodec, stringCodec } from "./text-codec.ts";
import { timestampCodec } from "./timestamp-codec.ts";

const SCALARS = {
  int32: int32Codec,
  int64: int64Codec,
  float32: float32Codec,
  float64: float64Codec,
  string: stringCodec,
  bool: boolCodec,
  bytes: bytesCodec,
  timestamp: timestampCodec,
} as const satisfies Record<string, Codec>;

const ARRAYS = Object.fromEntries(
  Object.entries(SCALARS).map(([name, codec]) => [`${name}[]`, arrayCodec(codec)]),
) as Record<`${ScalarType}[]`, Codec>;

/** Every type a feature can have, with the code that reads and writes it. */
export const CODECS: Readonly<Record<ValueType, Codec>> = {
  ...SCALARS,
  ...ARRAYS,
  json: jsonCodec,
};

export type ScalarType = keyof typeof SCALARS;
export type ValueType = ScalarType | `${ScalarType}[]` | "json";

export const VALUE_TYPES = Object.keys(CODECS) as ValueType[];

/** Types whose values have one spelling each, so that they can name an entity. */
export const JOIN_KEY_TYPES = [
  "string",
  "int64",
  "int32",
  "timestamp",
  "bytes",
] as const satisfies readonly ScalarType[];
export type JoinKeyType = (typeof JOIN_KEY_TYPES)[number];
