import * as http from "node:http";
import * as https from "node:https";
import { DeliveryFailed } from "./delivery-failed.ts";
import { isPublicAddress, literalAddress, notPublic, publicLookup } from "./public-address.ts";

const TIMEOUT_MS = 10_000;

/** More of an answer is not read; what it says is of no interest. */
const MAX_ANSWER_BYTES = 65_536;

export interface PostOptions {
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/**
 * Sends a body over a connection of its own and follows no redirect.
 * @returns the status of the answer
 * @throws DeliveryFailed when there is none; the reason of `signal`
 */
export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  { allowPrivate, signal }: PostOptions,
): Promise<number> {
  const address = literalAddress(url);
  if (!allowPrivate && address !== undefined && !isPublicAddress(address)) throw notPublic(address);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const options: http.RequestOptions = {
    method: "POST",
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
    agent: false,
    signal: AbortSignal.any([signal, timeout]),
    ...(allowPrivate ? {} : { lookup: publicLookup }),
  };
  try {
    return await exchange(url, options, body);
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) throw new DeliveryFailed(`No answer within ${TIMEOUT_MS / 1_000} s.`);
    throw error instanceof DeliveryFailed ? error : unreachable(error);
  }
}

function exchange(url: URL, options: http.RequestOptions, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { request } = url.protocol === "https:" ? https : http;
  const sent = request(url, options, (answer) => {
    let bytes = 0;
    answer.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) answer.destroy();
    });
    // The status has come: however the rest ends, it holds.
    answer.on("error", () => undefined);
    answer.on("close", () => resolve(answer.statusCode ?? 0));
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

function unreachable(error: unknown): DeliveryFailed {
  // Of several addresses that were tried Node gives an AggregateError, which has a code and no message.
  const { message, code = "no connection" } = error as NodeJS.ErrnoException;
  return new DeliveryFailed(`The receiver cannot be reached: ${message || code}.`, {
    cause: error,
  });
}
