import { setTimeout as sleep } from "node:timers/promises";
import { HttpConnection } from "./http-connection.ts";

export interface OpenLoopOptions {
  readonly url: string;
  /** The n-th request as it goes over the wire (`HttpConnection.render`). */
  readonly request: (index: number) => string;
  /** Requests a second, evenly spaced. */
  readonly rate: number;
  readonly seconds: number;
}

export interface OpenLoopResult {
  /** Milliseconds from the moment a request was due to the end of its answer. */
  readonly latencies: readonly number[];
  /** Answers that were not 200. */
  readonly failed: number;
  /** This process's CPU, as a share of one processor: near 1 it measures itself. */
  readonly cpuShare: number;
}

/**
 * Sends requests at a fixed rate however long the answers take, each on a free connection or a new one. (autocannon's
 * `overallRate` is no such thing: its connections all fire at the start of each second, and its percentiles then count
 * values that it made up.)
 */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { url, request, rate, seconds } = options;
  const free: HttpConnection[] = [];
  const latencies: number[] = [];
  let failed = 0;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const sent = Array.from({ length: rate * seconds }, async (_, index) => {
    const due = start + (index * 1_000) / rate;
    await sleep(Math.max(0, due - performance.now()));
    const connection = free.pop() ?? new HttpConnection(url);
    const status = await connection.send(request(index));
    latencies.push(performance.now() - due);
    if (status !== 200) failed += 1;
    if (status === 0) connection.close();
    else free.push(connection);
  });
  await Promise.all(sent);
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuShare = (user + system) / 1_000 / (performance.now() - start);
  for (const connection of free) connection.close();
  return { latencies, failed, cpuShare };
}
