import type { ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import { selectedMetrics } from "./selected-metrics.ts";

const EVERY_MS = 1_000;

/**
 * Answers with a line of JSON at once and each second after, until whoever asked goes away: an array of MetricValues, or
 * nothing but the line's end where all is as in the line before. Being asked each second costs three times as much.
 */
export function sendMetricLines(
  registry: Registry,
  names: readonly string[],
  response: ServerResponse,
): void {
  response.writeHead(200, {
    "content-type": "application/x-ndjson",
    "cache-control": "no-store",
  });
  let last = "";
  const send = async (): Promise<void> => {
    if (response.writableNeedDrain) return; // who does not read gets the next one
    const text = JSON.stringify(await selectedMetrics(registry, names));
    response.write(text === last ? "\n" : `${text}\n`);
    last = text;
  };
  const sendOrEnd = (): void => void send().catch((error: Error) => response.destroy(error));
  const timer = setInterval(sendOrEnd, EVERY_MS);
  response.once("close", () => clearInterval(timer));
  sendOrEnd();
}
