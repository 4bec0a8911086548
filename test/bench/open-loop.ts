import { Agent, request } from "node:http";

export interface OpenLoopOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests a second, evenly spread, whatever the answers take. */
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
  /** The path and the body of the n-th request, which is a POST. */
  readonly send: (index: number) => { readonly path: string; readonly body: string };
}

export interface OpenLoopResult {
  /** Milliseconds from when each request was due to the end of its answer. */
  readonly latencies: readonly number[];
  readonly failed: number;
}

/**
 * An open loop: requests come when they are due, as from clients that know nothing of each other. (autocannon's rate
 * lets all of its connections send at the same moment, which measures bursts.)
 */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { rate, seconds, connections } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  let failed = 0;
  const pending: Promise<void>[] = [];
  const startAt = performance.now();
  while (pending.length < rate * seconds) {
    const due = Math.min(((performance.now() - startAt) / 1_000) * rate, rate * seconds);
    while (pending.length < due) {
      const dueAt = startAt + (pending.length / rate) * 1_000;
      const answered = post(agent, options, pending.length).then((status) => {
        latencies.push(performance.now() - dueAt);
        if (status !== 200) failed += 1;
      });
      pending.push(answered);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  agent.destroy();
  return { latencies, failed };
}

/** @returns the status; 0 when the connection broke. */
function post(
  agent: Agent,
  { url, headers, send }: OpenLoopOptions,
  index: number,
): Promise<number> {
  const { path, body } = send(index);
  const length = Buffer.byteLength(body);
  const { promise, resolve } = Promise.withResolvers<number>();
  const options = { agent, method: "POST", headers: { ...headers, "content-length": length } };
  request(url + path, options, (response) => {
    response.resume().on("end", () => resolve(response.statusCode ?? 0));
  })
    .on("error", () => resolve(0))
    .end(body);
  return promise;
}
