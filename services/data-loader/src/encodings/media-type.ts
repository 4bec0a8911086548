import { SluiceError } from "@sluice/errors";
import { parseWeightedList, type WeightedItem } from "./weighted-list.ts";

/**
 * The media type to answer with: of those offered the one that Accept weights most; among equals the one that it names
 * rather than covers by a wildcard, then the one offered first. The most specific item that fits a type decides its weight
 * (RFC 9110, section 12.5.1); parameters of types are not looked at.
 * @throws SluiceError NOT_ACCEPTABLE
 */
export function chooseMediaType<T extends string>(
  accept: string | undefined,
  offered: readonly T[],
): T {
  if (accept === undefined || accept.trim() === "") return offered[0]!;
  const items = parseWeightedList(accept);
  // The sort is stable: what is equal stays in the order of the offer.
  const [best] = offered
    .map((type) => ({ type, ...fit(items, type) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight || b.precision - a.precision);
  if (best !== undefined) return best.type;
  const detail = `The route answers with ${offered.join(", ")}; Accept asks for ${accept.slice(0, 200)}.`;
  throw new SluiceError("NOT_ACCEPTABLE", detail);
}

function fit(items: readonly WeightedItem[], type: string): { weight: number; precision: number } {
  const patterns = ["*/*", `${type.split("/")[0]}/*`, type];
  const fitting = items
    .map(({ name, weight }) => ({ weight, precision: patterns.indexOf(name) }))
    .filter(({ precision }) => precision >= 0)
    .toSorted((a, b) => b.precision - a.precision);
  return fitting[0] ?? { weight: 0, precision: -1 };
}
