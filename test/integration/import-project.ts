import type { Readable } from "node:stream";
import { readStack } from "@sluice/testing";
import { type Answer, type ServiceProject, serviceProject } from "./service-project.ts";

/** The members of answers that tests look at one by one. */
export interface ImportBody {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly {
    readonly line: number;
    readonly column: string | null;
    readonly value: string | null;
    readonly reason: string;
    readonly path: string;
  }[];
  readonly examples: readonly { readonly sample_id: string; readonly count: number }[];
  readonly items: readonly { readonly part: string; readonly rows: number }[];
  readonly next_cursor: string | null;
  readonly version: number;
  readonly state: string;
  readonly part: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly samples: number;
  readonly fingerprint: string;
  readonly progress: number;
}

/** What is uploaded, and how. */
export interface UploadOptions {
  /** @default application/x-ndjson */
  readonly type?: string;
  readonly encoding?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Another instance of the service. @default the stack's */
  readonly origin?: string;
}

/** A project of a test's own in the stack's data-loader, with a dataset. */
export interface ImportProject extends ServiceProject<ImportBody> {
  readonly dataset: string;
  /** Begins a version. @returns its path in the project */
  draft(baseVersion?: number): Promise<string>;
  upload(
    versionPath: string,
    body: string | Uint8Array | Readable,
    options?: UploadOptions,
  ): Promise<Answer<ImportBody>>;
}

export async function importProject(): Promise<ImportProject> {
  const own = await serviceProject("data-loader", (text) => JSON.parse(text) as ImportBody);
  const dataset = "samples";
  const made = await own.send("PUT", `/datasets/${dataset}`, {});
  if (made.status !== 201) throw new Error(made.text);
  const draft: ImportProject["draft"] = async (base) => {
    const body = base === undefined ? {} : { base_version: base };
    const { status, text, json } = await own.send("POST", `/datasets/${dataset}/versions`, body);
    if (status !== 201) throw new Error(text);
    return `/datasets/${dataset}/versions/${json().version}`;
  };
  const upload: ImportProject["upload"] = async (path, body, options = {}) => {
    const { type = "application/x-ndjson", encoding, query = {}, signal } = options;
    const { origin = readStack().services["data-loader"]!.url } = options;
    const headers = new Headers({ authorization: `Bearer ${own.key}`, "content-type": type });
    if (encoding !== undefined) headers.set("content-encoding", encoding);
    const url = `${origin}/v1/projects/${own.project}${path}/samples`;
    const response = await fetch(`${url}?${new URLSearchParams(query).toString()}`, {
      method: "POST",
      headers,
      body: body as Uint8Array<ArrayBuffer> | string | Readable,
      duplex: "half",
      signal: signal ?? null,
    });
    const text = await response.text();
    const json = () => JSON.parse(text) as ImportBody;
    return { status: response.status, text, headers: response.headers, json };
  };
  return { ...own, dataset, draft, upload };
}
