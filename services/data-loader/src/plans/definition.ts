import { createHash } from "node:crypto";
import { stringifyJson } from "@sluice/http";
import { ALGORITHM, type Shuffle, type Tail } from "@sluice/shuffle";
import type { Column } from "../samples/columns.ts";

/** All that decides which samples are delivered, in which order, and how. */
export interface Definition {
  readonly dataset: string;
  readonly version: number;
  /** Of the version's content. */
  readonly fingerprint: string;
  readonly samples: number;
  readonly algorithm: string;
  /** A 64-bit integer, as text. */
  readonly seed: string;
  readonly shuffle: Shuffle;
  /** null unless it is a block shuffle. */
  readonly block_size: number | null;
  readonly batch_size: number;
  readonly tail: Tail;
  readonly columns: readonly Column[];
}

/** What a client asks for; the rest follows from the version. */
export type PlanRequest = Omit<Definition, "fingerprint" | "samples" | "algorithm" | "version">;

export function define(
  request: PlanRequest,
  version: { version: number; fingerprint: string; samples: string },
): Definition {
  return {
    dataset: request.dataset,
    version: version.version,
    fingerprint: version.fingerprint,
    samples: Number(version.samples),
    algorithm: ALGORITHM,
    seed: request.seed,
    shuffle: request.shuffle,
    block_size: request.shuffle === "block" ? request.block_size : null,
    batch_size: request.batch_size,
    tail: request.tail,
    columns: request.columns,
  };
}

/** The plan's name: the hash of all that it is made of, so that the same request gives the same plan. */
export function planIdOf(definition: Definition): string {
  // The members in one order, whatever the object was built from.
  const members = Object.entries(definition).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(stringifyJson(members)).digest("base64url").slice(0, 32);
}
