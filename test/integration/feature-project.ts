import { readStack, type TestProject, uniqueProject } from "@sluice/testing";

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

/** An answer, with its body as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** The body parsed; for Feast's errors, the JSON inside of the string. */
  readonly json: () => Body;
}

/** A project of a test's own in the stack's feature-api. Paths are relative to the project. */
export interface FeatureProject extends TestProject {
  send(method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
  /** Makes a view and fails unless it was made. */
  makeView(
    name: string,
    joinKeys: Record<string, string>,
    features: Record<string, string>,
    ttl?: number,
  ): Promise<void>;
}

export async function featureProject(): Promise<FeatureProject> {
  const own = await uniqueProject();
  const base = `${readStack().services["feature-api"]?.url}/v1/projects/${own.project}`;
  const send: FeatureProject["send"] = async (method, path, body, key = own.key) => {
    const headers = new Headers({ authorization: `Bearer ${key}` });
    if (body !== undefined) headers.set("content-type", "application/json");
    const response = await fetch(base + path, { method, headers, body: textOf(body) });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, json: () => parse(text) };
  };
  const makeView: FeatureProject["makeView"] = async (name, joinKeys, features, ttl = 0) => {
    const definition = {
      join_keys: columns(joinKeys),
      features: columns(features),
      ttl_seconds: ttl,
    };
    const { status, text } = await send("PUT", `/feature-views/${name}`, definition);
    if (status !== 201) throw new Error(text);
  };
  return { ...own, send, makeView };
}

/** A string is sent as it is: JSON.stringify could write neither 1.0 nor 2^63-1. */
function textOf(body: unknown): string | null {
  if (body === undefined) return null;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function parse(text: string): Body {
  const value = JSON.parse(text) as string | Body;
  return typeof value === "string" ? (JSON.parse(value) as Body) : value;
}

function columns(types: Record<string, string>): { name: string; type: string }[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
