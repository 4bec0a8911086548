/** One item of an Accept or Accept-Encoding header. */
export interface WeightedItem {
  /** In lower case, without parameters. */
  readonly name: string;
  /** From 0 (never) to 1. */
  readonly weight: number;
}

const ITEM = /^\s*([^\s;,]+)\s*((?:;[^,]*)?)$/;
const WEIGHT = /;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)/i;
const ANY_WEIGHT = /;\s*q\s*=/i;

/** The items of a header of RFC 9110, section 12.4.2, in their order; malformed ones are left out. */
export function parseWeightedList(header: string): WeightedItem[] {
  return header.split(",").flatMap((text): WeightedItem[] => {
    const [, name, parameters = ""] = ITEM.exec(text) ?? [];
    if (name === undefined) return [];
    const weight = WEIGHT.exec(parameters)?.[1];
    if (weight === undefined && ANY_WEIGHT.test(parameters)) return [];
    return [{ name: name.toLowerCase(), weight: Number(weight ?? "1") }];
  });
}
