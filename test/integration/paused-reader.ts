import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { readStack } from "@sluice/testing";
import type { DataProject } from "./data-project.ts";

const KILOBYTE = 1_024;

/** A reader that has the head of an answer and takes nothing of its body until it is told to. */
export interface PausedReader {
  /** Takes so many kilobytes, one a second. */
  takeSlowly(kilobytes: number): Promise<void>;
  /** Reads on to the end. @returns the whole body; rejects when the connection is cut before it */
  readAll(): Promise<string>;
  leave(): void;
}

export async function openPausedReader(
  { project, key }: Pick<DataProject, "project" | "key">,
  path: string,
): Promise<PausedReader> {
  const { url } = readStack().services["data-loader"]!;
  const headers = { authorization: `Bearer ${key}`, accept: "application/x-ndjson" };
  // A connection of its own, which is not used again.
  const sent = request(`${url}/v1/projects/${project}${path}`, { headers, agent: false }).end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(await text(answer));
  const taken: Buffer[] = [];
  return {
    takeSlowly: async (kilobytes) => {
      for (const end = taken.length + kilobytes; taken.length < end; await sleep(1_000))
        taken.push(await take(answer));
    },
    readAll: async () => Buffer.concat([...taken, await buffer(answer)]).toString(),
    leave: () => void sent.destroy(),
  };
}

async function take(answer: IncomingMessage): Promise<Buffer> {
  for (;;) {
    const kilobyte = answer.read(KILOBYTE) as Buffer | null;
    if (kilobyte !== null) return kilobyte;
    await once(answer, "readable");
  }
}
