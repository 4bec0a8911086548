import { Agent, request } from "node:http";

/** What the service answered; status 0: the connection broke before it did. */
export interface Answer {
  readonly status: number;
  readonly body: AnswerBody;
  readonly retryAfter: string | null;
}

/** Is told of every answer, and how many milliseconds it took. */
export type Observer = (answer: Answer, tookMs: number) => void;

/** The members of answers that trainers look at. */
export interface AnswerBody {
  readonly code?: string;
  readonly job?: { readonly id: string; readonly project: string; readonly world_size: number };
  readonly attempt?: number;
  readonly token?: string;
  readonly heartbeat_interval_seconds?: number;
  readonly directive?: "continue" | "cancel" | "checkpoint";
  readonly status?: string;
}

const TIMEOUT_MS = 70_000;

/** The part of the training API that trainers use, over kept connections. `fetch` would cost as much as the service. */
export class TrainingApi {
  readonly #agent: Agent;
  /** Asked for each request: a service that was restarted may have moved. */
  readonly #origin: () => string;
  readonly #key: string;
  readonly #observe: Observer | undefined;

  constructor(options: {
    origin: () => string;
    key: string;
    maxSockets?: number;
    observe?: Observer;
  }) {
    this.#origin = options.origin;
    this.#key = options.key;
    this.#observe = options.observe;
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.maxSockets ?? Infinity });
  }

  claim(path: string, claimedBy: string, waitSeconds: number): Promise<Answer> {
    const query = `?wait_seconds=${waitSeconds}`;
    return this.send("POST", `${path}/jobs:claim${query}`, { claimed_by: claimedBy });
  }

  async send(method: string, path: string, body: object): Promise<Answer> {
    const start = performance.now();
    const answer = await this.#exchange(method, path, body);
    this.#observe?.(answer, performance.now() - start);
    return answer;
  }

  /** A response that is not JSON is an Error: no part of the API answers so. */
  #exchange(method: string, path: string, body: object): Promise<Answer> {
    const text = JSON.stringify(body);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const outgoing = request(this.#origin() + path, {
      method,
      agent: this.#agent,
      timeout: TIMEOUT_MS,
      headers: {
        authorization: `Bearer ${this.#key}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      },
    });
    const broke = (): void => resolve({ status: 0, body: {}, retryAfter: null });
    outgoing.on("timeout", () => outgoing.destroy());
    outgoing.on("error", broke);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", broke);
      response.on("end", () => {
        const answer = Buffer.concat(chunks).toString();
        try {
          const parsed = answer === "" ? {} : (JSON.parse(answer) as AnswerBody);
          const retryAfter = response.headers["retry-after"] ?? null;
          resolve({ status: response.statusCode ?? 0, body: parsed, retryAfter });
        } catch (error) {
          reject(error);
        }
      });
    });
    outgoing.end(text);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}
