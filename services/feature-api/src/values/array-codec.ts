import type { Codec, Stored } from "./codec.ts";
import { InvalidValue, show } from "@sluice/values";

/** `T[]`: elements of one type, any of them null. */
export function arrayCodec(element: Codec): Codec {
  const encodeAll = (stored: Stored, encode: Codec["encode"]) =>
    `[${(stored as Stored[]).map((value) => (value === null ? "null" : encode(value))).join(",")}]`;
  return {
    parse(value) {
      if (!Array.isArray(value)) throw new InvalidValue(`${show(value)} is not an array`);
      return value.map((item, index) => parseElement(element, item, index));
    },
    encode: (stored) => encodeAll(stored, element.encode),
    encodeForFeast: (stored) => encodeAll(stored, element.encodeForFeast),
  };
}

function parseElement(element: Codec, item: unknown, index: number): Stored {
  try {
    return item === null ? null : element.parse(item);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new InvalidValue(error.message, `[${index}]${error.path}`);
  }
}
