import type { Codec } from "../values/codec.ts";
import { CODECS, type JoinKeyType, type ValueType } from "../values/value-types.ts";

/** A join key or a feature, as declared. */
export interface Declaration<T extends ValueType = ValueType> {
  readonly name: string;
  readonly type: T;
}

/** What a client declares of a view. */
export interface Definition {
  readonly join_keys: readonly Declaration<JoinKeyType>[];
  readonly features: readonly Declaration[];
  /** null: values never expire. */
  readonly ttl_seconds: number | null;
}

/** A declared column with the code for its type. */
export interface Field {
  readonly name: string;
  readonly type: ValueType;
  readonly codec: Codec;
}

/** A feature view, ready to read and write values by. */
export interface FeatureView {
  readonly projectId: string;
  readonly viewId: string;
  readonly name: string;
  readonly definition: Definition;
  readonly joinKeys: readonly Field[];
  readonly features: ReadonlyMap<string, Field>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A row of features.feature_views. */
export interface ViewRow {
  readonly project_id: string;
  readonly view_id: string;
  readonly name: string;
  readonly join_keys: readonly Declaration<JoinKeyType>[];
  readonly features: readonly Declaration[];
  readonly ttl_seconds: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export function toView(row: ViewRow): FeatureView {
  const { join_keys, features } = row;
  return {
    projectId: row.project_id,
    viewId: row.view_id,
    name: row.name,
    definition: {
      join_keys,
      features,
      ttl_seconds: row.ttl_seconds === null ? null : Number(row.ttl_seconds),
    },
    joinKeys: join_keys.map(toField),
    features: new Map(features.map((feature) => [feature.name, toField(feature)])),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toField({ name, type }: Declaration): Field {
  return { name, type, codec: CODECS[type] };
}
