/** The public API of one project, as any client uses it. */
export class ProjectApi {
  readonly #base: string;
  readonly #key: string;

  constructor({ url, project, key }: { url: string; project: string; key: string }) {
    this.#base = `${url}/v1/projects/${project}`;
    this.#key = key;
  }

  /** Sends a JSON body. @throws Error with the service's own explanation */
  async send(method: "PUT" | "POST", path: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.#base}/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = await response.text();
    if (!response.ok)
      throw new Error(
        `${method} ${this.#base}/${path} answered ${response.status}: ${answer.slice(0, 500)}`,
      );
  }
}
