import type { SampleRow } from "./row.ts";

/** Rows that one statement stores, as columns. */
export class Batch {
  readonly first: number;
  readonly createdAt: string[] = [];
  readonly sampleIds: string[] = [];
  readonly featureHashes: string[] = [];
  readonly labels: (string | null)[] = [];
  readonly uris: (string | null)[] = [];
  readonly attributes: (string | null)[] = [];
  #characters = 0;

  /** @param first position of its first row in the segment */
  constructor(first: number) {
    this.first = first;
  }

  get rows(): number {
    return this.sampleIds.length;
  }

  /** About how many characters its statement has. */
  get characters(): number {
    return this.#characters;
  }

  add({ createdAt, sampleId, featureHash, label, uri, attributes, canonical }: SampleRow): void {
    this.createdAt.push(createdAt);
    this.sampleIds.push(sampleId);
    this.featureHashes.push(featureHash);
    this.labels.push(label);
    this.uris.push(uri);
    this.attributes.push(attributes);
    this.#characters += canonical.length;
  }
}
