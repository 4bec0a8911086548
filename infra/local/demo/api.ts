import type { Readable } from "node:stream";

const TIMEOUT_MS = 30_000;

/** An upload says nothing until its end. */
const UPLOAD_TIMEOUT_MS = 15 * 60_000;

/** The public API of one project, as any client uses it. */
export class ProjectApi {
  readonly #base: string;
  readonly #key: string;

  constructor({ url, project, key }: { url: string; project: string; key: string }) {
    this.#base = `${url}/v1/projects/${project}`;
    this.#key = key;
  }

  /** Sends a JSON body and returns the answer's. @throws Error with the service's own explanation */
  send(
    method: "GET" | "PUT" | "POST",
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    return this.#fetch(method, path, {
      headers: { ...json, ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  /** Sends a stream and returns the answer's JSON. @throws Error with the service's own explanation */
  upload(path: string, type: string, body: Readable): Promise<unknown> {
    return this.#fetch("POST", path, {
      headers: { "content-type": type },
      body,
      duplex: "half",
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    });
  }

  async #fetch(method: string, path: string, init: RequestInit): Promise<unknown> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#key}`);
    const response = await fetch(`${this.#base}/${path}`, { ...init, method, headers });
    const answer = await response.text();
    if (!response.ok)
      throw new Error(
        `${method} ${this.#base}/${path} answered ${response.status}: ${answer.slice(0, 500)}`,
      );
    return answer === "" ? undefined : JSON.parse(answer);
  }
}
