import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";

export interface FollowOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The data of each event of a stream, to its end. Fails on what is no stream, and on an id that is not its change. */
export async function* followedEvents<Data extends { readonly updated_at: string }>(
  url: string,
  key: string,
  { headers = {}, signal }: FollowOptions = {},
): AsyncGenerator<Data> {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${key}`, accept: "text/event-stream", ...headers },
    signal: signal ?? null,
  });
  const type = response.headers.get("content-type");
  if (type !== "text/event-stream") throw new Error(`${response.status} ${await response.text()}`);
  const input = Readable.fromWeb(response.body as WebStream);
  let id = "";
  for await (const line of createInterface({ input })) {
    const [, field, value = ""] = /^(\w*): ?(.*)$/.exec(line) ?? [];
    if (field === "id") id = value;
    if (field !== "data") continue;
    const data = JSON.parse(value) as Data;
    if (data.updated_at !== id) throw new Error(`id ${id} of ${value}`);
    yield data;
  }
}
