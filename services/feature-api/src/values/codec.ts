/** A value as it stands in `feature_values`: what jsonb keeps exactly. */
export type Stored = string | number | boolean | null | Stored[];

/** How values of one type come in, are kept, and go out. */
export interface Codec {
  /** Reads a non-null value of a request body or a path segment; throws InvalidValue. */
  readonly parse: (value: unknown) => Stored;
  /** The JSON text of a stored value on Sluice's own routes; also its spelling inside an entity key. */
  readonly encode: (stored: Stored) => string;
  /** The JSON text of a stored value on Feast's routes, whose client infers types from the spelling. */
  readonly encodeForFeast: (stored: Stored) => string;
}
