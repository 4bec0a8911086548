/**
 * The first `count` values of a map, and a new map of the rest. A map that lives on and is emptied key by key is
 * rehashed again and again, and each table outlives the next: V8 moved a fifth of all that look-ups allocated to the
 * old generation, where only a full collection frees it.
 */
export function splitAt<V>(map: ReadonlyMap<string, V>, count: number): [V[], Map<string, V>] {
  const entries = [...map];
  return [entries.slice(0, count).map(([, value]) => value), new Map(entries.slice(count))];
}
