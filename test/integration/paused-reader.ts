import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { readStack } from "@sluice/testing";
import type { DataProject } from "./data-project.ts";

/** A reader that has the head of an answer and takes nothing of its body until it is told to. */
export interface PausedReader {
  /** Reads on to the end. Rejects when the connection is cut before it. */
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
  return { readAll: () => text(answer), leave: () => void sent.destroy() };
}
