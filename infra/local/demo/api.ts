import { once } from "node:events";
import http from "node:http";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

const TIMEOUT_MS = 30_000;

/** An upload says nothing until its end. */
const UPLOAD_TIMEOUT_MS = 60 * 60_000;

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

  /**
   * Sends a stream and returns the answer's JSON. Not by `fetch`, which waits five minutes for an answer and no longer.
   * @throws Error with the service's own explanation
   */
  async upload(path: string, type: string, body: Readable): Promise<unknown> {
    const request = http.request(`${this.#base}/${path}`, {
      method: "POST",
      headers: { "content-type": type, authorization: `Bearer ${this.#key}` },
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    });
    // A refusal comes before all is sent, and says more than that the rest could not be. Any other fault is the request's too.
    pipeline(body, request).catch(() => undefined);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return this.#answerOf("POST", path, response.statusCode ?? 0, await text(response));
  }

  async #fetch(method: string, path: string, init: RequestInit): Promise<unknown> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#key}`);
    const response = await fetch(`${this.#base}/${path}`, { ...init, method, headers });
    return this.#answerOf(method, path, response.status, await response.text());
  }

  #answerOf(method: string, path: string, status: number, answer: string): unknown {
    if (status >= 300) {
      const start = answer.slice(0, 500);
      throw new Error(`${method} ${this.#base}/${path} answered ${status}: ${start}`);
    }
    return answer === "" ? undefined : JSON.parse(answer);
  }
}
