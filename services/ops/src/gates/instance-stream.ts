import { get, type ClientRequest } from "node:http";
import type { MetricValue } from "@sluice/http";
import { describeInstance, type Instance, QUERY, unheard } from "./instance.ts";
import type { ServiceAddress } from "./instances.ts";

/** An instance that has said nothing for so long is busy or gone. It says something each second. */
const SILENCE_MS = 2_500;

/** What one process says of itself each second, over one connection that stays open. */
export class InstanceStream {
  readonly #address: ServiceAddress;
  #request: ClientRequest | undefined;
  #values: readonly MetricValue[] = [];
  #unfinished = "";
  #heardAt = 0;
  #latest: Instance;
  /** Resolved when it is known for the first time whether it is there. */
  readonly #begun = Promise.withResolvers<void>();

  constructor(address: ServiceAddress) {
    this.#address = address;
    this.#latest = unheard(address, "it has not answered yet");
  }

  /** What it said last, or why it was not heard. Connects where there is no connection. */
  async look(): Promise<Instance> {
    this.#request ??= this.#connect();
    await this.#begun.promise;
    return this.#latest;
  }

  /** Idempotent. */
  close(): void {
    this.#request?.destroy();
    this.#request = undefined;
    this.#begun.resolve();
  }

  #connect(): ClientRequest {
    this.#unfinished = "";
    const url = `${this.#address.url.origin}/metrics.lines?${QUERY}`;
    const request = get(url, { timeout: SILENCE_MS }, (response) => {
      response.setEncoding("utf8");
      if (response.statusCode !== 200) return fail(`answered ${response.statusCode}`);
      response.on("data", (text: string) => this.#read(text));
      response.once("close", () => fail("it closed the connection"));
    });
    const fail = (why: string): void => {
      if (this.#request === request) this.#fail(why); // not by a connection that was given up before
    };
    request.once("timeout", () => fail(`it has said nothing for ${SILENCE_MS} ms`));
    return request.once("error", ({ message }) => fail(message));
  }

  #fail(why: string): void {
    this.close();
    this.#latest = unheard(this.#address, why);
  }

  #read(text: string): void {
    const lines = (this.#unfinished + text).split("\n");
    this.#unfinished = lines.pop()!;
    for (const line of lines) this.#hear(line);
  }

  /** An empty line says that all is as it was. */
  #hear(line: string): void {
    const now = performance.now();
    const seconds = (now - this.#heardAt) / 1_000;
    if (line !== "") this.#values = JSON.parse(line) as MetricValue[];
    const { counters } = this.#latest;
    this.#latest = describeInstance(this.#address, this.#values, counters, seconds);
    this.#heardAt = now;
    this.#begun.resolve();
  }
}
