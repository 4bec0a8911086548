import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A webhook as it came over the wire. */
export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** A receiver of webhooks on the loopback interface until the end of the test. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Those of one job in the order of their sequence, each delivery once. */
  distinct(jobId: string): Received[];
}

/** @param answer status for the n-th request, counted from 0, at once or later. @default always 204 */
export async function startReceiver(
  answer: (n: number, received: Received) => number | Promise<number> = () => 204,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const event = JSON.parse(text) as Received["event"];
      const one = { headers: request.headers, text, event };
      void Promise.resolve(answer(received.push(one) - 1, one)).then((status) =>
        response.writeHead(status, { location: "/elsewhere" }).end(),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const distinct = (jobId: string): Received[] => {
    const byId = new Map(received.map((each) => [each.event["delivery_id"], each]));
    return [...byId.values()]
      .filter(({ event }) => event["job_id"] === jobId)
      .toSorted((a, b) => Number(a.event["sequence"]) - Number(b.event["sequence"]));
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    distinct,
  };
}

/** The signature that a receiver computes of what it got, with the time that the header names. */
export function expectedSignature(secret: string, { headers, text }: Received): string {
  const seconds = /^t=(\d+),/.exec(String(headers["x-sluice-signature"]))?.[1];
  const hmac = createHmac("sha256", secret).update(`${seconds}.${text}`).digest("hex");
  return `t=${seconds},v1=${hmac}`;
}
