import { readStack, type TestProject, uniqueProject } from "@sluice/testing";

/** An answer, with its body as it came over the wire. */
export interface Answer<Body> {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly json: () => Body;
}

/** What a request brings along. */
export interface SendOptions {
  /** @default the project's own */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Another instance of the service. @default the stack's */
  readonly origin?: string;
}

/** A project of a test's own in a service of the stack. Paths are relative to the project, or begin with /v1/. */
export interface ServiceProject<Body> extends TestProject {
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer<Body>>;
}

export async function serviceProject<Body>(
  service: string,
  parse: (text: string) => Body,
): Promise<ServiceProject<Body>> {
  const own = await uniqueProject();
  const send: ServiceProject<Body>["send"] = async (method, path, body, options = {}) => {
    const headers = new Headers({
      authorization: `Bearer ${options.key ?? own.key}`,
      ...options.headers,
    });
    if (body !== undefined && !headers.has("content-type"))
      headers.set("content-type", "application/json");
    // Read for each request: a service that was restarted may have moved.
    const { origin = readStack().services[service]?.url ?? "" } = options;
    const url = path.startsWith("/v1/")
      ? origin + path
      : `${origin}/v1/projects/${own.project}${path}`;
    const response = await fetch(url, {
      method,
      headers,
      body: textOf(body),
      signal: options.signal ?? null,
    });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, json: () => parse(text) };
  };
  return { ...own, send };
}

/** A string is sent as it is: JSON.stringify could write neither 1.0 nor 2^63-1. */
function textOf(body: unknown): string | null {
  if (body === undefined) return null;
  return typeof body === "string" ? body : JSON.stringify(body);
}
