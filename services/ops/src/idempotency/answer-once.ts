import { createHash } from "node:crypto";
import { readCredentials, type Transactional } from "@sluice/auth";
import { SluiceError } from "@sluice/errors";
import type { IncomingHttpHeaders } from "node:http";
import { claimKey, findFirst, forgetOldKeys, keepAnswer, type KeyedRequest } from "./queries.ts";
import { openAnswer, type Seal, sealAnswer } from "./sealed-answer.ts";

/** The part of a request that says whether it is the same as another one. */
interface Repeatable {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly body: unknown;
}

/**
 * Acts, and with an Idempotency-Key that was used within 24 hours gives the first answer again instead. The key, the
 * action and its answer are one transaction. Of two requests with one key the second waits for the first on the row
 * of the key, which is locked before anything else.
 * @throws SluiceError IDEMPOTENCY_KEY_REUSED when the key came with another request; what `act` throws, and then the
 * key is as if it was never used.
 */
export async function answerOnce<T>(
  db: Transactional,
  request: Repeatable,
  act: (tx: Transactional) => Promise<T>,
): Promise<T> {
  const { "idempotency-key": idempotencyKey, authorization } = request.headers;
  const caller = readCredentials(authorization);
  if (typeof idempotencyKey !== "string" || caller === undefined) return act(db);
  const seal = { secret: caller.secret, idempotencyKey };
  const keyed = {
    callerId: caller.id,
    keySha256: digest(idempotencyKey),
    requestSha256: digest(JSON.stringify([request.url, request.body])),
  };
  return db.transaction("auth.answer_once", async (tx) => {
    await forgetOldKeys(tx);
    if (!(await claimKey(tx, keyed))) return (await firstAnswer(tx, keyed, seal)) as T;
    const answer = await act(tx);
    await keepAnswer(tx, keyed, sealAnswer(answer, seal));
    return answer;
  });
}

async function firstAnswer(tx: Transactional, keyed: KeyedRequest, seal: Seal): Promise<unknown> {
  const first = await findFirst(tx, keyed);
  // Its 24 hours ended between the two statements.
  if (first?.sealed_answer === null || first === undefined)
    throw new SluiceError("IDEMPOTENCY_IN_PROGRESS", "The key is in use. Repeat the request.");
  if (first.request_sha256.equals(keyed.requestSha256))
    return openAnswer(first.sealed_answer, seal);
  const detail = `Idempotency-Key "${seal.idempotencyKey}" was used for another request within 24 hours. Send a new key with a new request.`;
  throw new SluiceError("IDEMPOTENCY_KEY_REUSED", detail);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
