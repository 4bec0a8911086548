import { type ServiceProject, serviceProject } from "./service-project.ts";

/** The members of answers that tests look at one by one. */
export interface Body {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { readonly path: string }[];
  readonly features: readonly { readonly name: string }[];
  readonly items: readonly { readonly name: string }[];
  readonly next_cursor: string | null;
  readonly event_timestamp: string;
  readonly metadata: { readonly feature_names: readonly string[] };
  readonly results: readonly {
    readonly values: readonly unknown[];
    readonly statuses: readonly string[];
  }[];
}

/** A project of a test's own in the stack's feature-api. Paths are relative to the project. */
export interface FeatureProject extends ServiceProject<Body> {
  /** Makes a view and fails unless it was made. */
  makeView(
    name: string,
    joinKeys: Record<string, string>,
    features: Record<string, string>,
    ttl?: number,
  ): Promise<void>;
}

export async function featureProject(): Promise<FeatureProject> {
  const own = await serviceProject("feature-api", parse);
  const makeView: FeatureProject["makeView"] = async (name, joinKeys, features, ttl = 0) => {
    const definition = {
      join_keys: columns(joinKeys),
      features: columns(features),
      ttl_seconds: ttl,
    };
    const { status, text } = await own.send("PUT", `/feature-views/${name}`, definition);
    if (status !== 201) throw new Error(text);
  };
  return { ...own, makeView };
}

/** For Feast's errors, the JSON inside of the string. */
function parse(text: string): Body {
  const value = JSON.parse(text) as string | Body;
  return typeof value === "string" ? (JSON.parse(value) as Body) : value;
}

function columns(types: Record<string, string>): { name: string; type: string }[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
