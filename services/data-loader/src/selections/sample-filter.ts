import { createHash } from "node:crypto";
import { SluiceError } from "@sluice/errors";
import { invalidArgument } from "@sluice/http";
import { createdRange } from "../samples/created-range.ts";
import { isStorable } from "../samples/look-up.ts";

/** Which samples are chosen: those that fit every member. Members in this order, lists sorted and each value once. */
export interface SampleFilter {
  /** null: samples without a label. */
  readonly labels?: readonly (string | null)[];
  /** Included; UTC with microseconds. */
  readonly created_from?: string;
  /** Excluded. */
  readonly created_to?: string;
  readonly sample_ids?: readonly string[];
  readonly feature_hashes?: readonly string[];
}

const MAX_VALUES = 10_000;

/**
 * A filter as it is worked with: the same for every way to write it.
 * @throws SluiceError VALIDATION_FAILED, TOO_MANY_ROWS
 */
export function sampleFilter(asked: SampleFilter): SampleFilter {
  const { from, to } = createdRange(asked.created_from, asked.created_to);
  const { labels, sample_ids: ids, feature_hashes: hashes } = asked;
  const filter = {
    ...(labels && { labels: distinct(labels) }),
    ...(from !== null && { created_from: from }),
    ...(to !== null && { created_to: to }),
    ...(ids && { sample_ids: distinct(ids) }),
    ...(hashes && { feature_hashes: distinct(hashes) }),
  };
  if (Object.keys(filter).length > 0) return filter;
  throw invalidArgument("/labels", "or another member must be there");
}

function distinct<T extends string | null>(values: readonly T[]): T[] {
  if (values.length > MAX_VALUES) {
    const detail = `The filter lists ${values.length} values; a list has at most ${MAX_VALUES}. Mark the samples with a label, and select by that.`;
    throw new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_VALUES } });
  }
  // What no sample can have chooses none.
  const storable = values.filter((value) => value === null || isStorable(value));
  return [...new Set(storable)].toSorted();
}

/** What a version keeps of its filter: of long lists how many there were, and the hash of their JSON. */
export function summaryOf(filter: SampleFilter): object {
  return Object.fromEntries(
    Object.entries(filter).map(([name, value]) => [name, isLong(value) ? digestOf(value) : value]),
  );
}

const LONG = 20;

function isLong(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > LONG;
}

function digestOf(list: readonly unknown[]): object {
  const sha256 = createHash("sha256").update(JSON.stringify(list)).digest("hex");
  return { count: list.length, sha256 };
}
