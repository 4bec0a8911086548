import { rfc3339 } from "@sluice/db";
import type { EntityRow, ViewEntities } from "./queries.ts";

/** A row takes up to a megabyte (see push/frame.ts), and a text of JavaScript holds 512 of them. */
const MAX_SLICE = 100;

/** Some entities of a view, by their places in a list of keys that views may share. */
export interface Slice {
  readonly view: number;
  readonly viewId: string;
  /** Places in the list of keys, counted from 1. */
  readonly first: number;
  readonly last: number;
}

/** The rows that a slice found, each column as one text, all in the same order; NULL when there are none. */
export interface SliceRow {
  readonly slice: number;
  /** One a line: a key is JSON, which has its line breaks escaped. */
  readonly entity_keys: string | null;
  readonly feature_values: string;
  readonly event_times: string;
}

/** Cuts the entities into slices over one list of keys, in which a list that views share stands once. */
export function cutSlices(wanted: readonly ViewEntities[]): { keys: string[]; slices: Slice[] } {
  const keys: string[] = [];
  const slices: Slice[] = [];
  const offsets = new Map<readonly string[], number>();
  for (const [view, { viewId, entityKeys }] of wanted.entries()) {
    const offset = offsets.get(entityKeys) ?? keys.length;
    if (!offsets.has(entityKeys)) keys.push(...entityKeys);
    offsets.set(entityKeys, offset);
    for (let start = 0; start < entityKeys.length; start += MAX_SLICE) {
      const last = offset + Math.min(start + MAX_SLICE, entityKeys.length);
      slices.push({ view, viewId, first: offset + start + 1, last });
    }
  }
  return { keys, slices };
}

/** The rows that a slice found, by their entities' keys. */
export function* rowsOf({
  entity_keys,
  feature_values,
  event_times,
}: SliceRow): Generator<[entityKey: string, row: EntityRow]> {
  if (entity_keys === null) return;
  const values = JSON.parse(`[${feature_values}]`) as EntityRow["feature_values"][];
  const times = event_times.split(",");
  for (const [index, key] of entity_keys.split("\n").entries()) {
    const event_time = rfc3339(times[index] as string);
    yield [key, { feature_values: values[index] as EntityRow["feature_values"], event_time }];
  }
}
