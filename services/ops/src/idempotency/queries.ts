import type { Queryable } from "@sluice/auth";
import { sql } from "kysely";

/** A request that may come again: who sent it, the hash of its Idempotency-Key, and the hash of what it asks for. */
export interface KeyedRequest {
  readonly callerId: string;
  readonly keySha256: Buffer;
  readonly requestSha256: Buffer;
}

export interface FirstRequest {
  readonly request_sha256: Buffer;
  readonly sealed_answer: Buffer | null;
}

/** Forgets what is older than 24 hours, except what another one is forgetting already. */
export async function forgetOldKeys(tx: Queryable): Promise<void> {
  const query = sql`
    delete from auth.idempotency_keys k
    using (
      select caller_id, key_sha256 from auth.idempotency_keys
      where created_at < now() - interval '24 hours' for update skip locked
    ) as old
    where k.caller_id = old.caller_id and k.key_sha256 = old.key_sha256`;
  await tx.run("auth.forget_idempotency_keys", query);
}

/** Whether the key is new. Waits for one that is being used at this moment until that transaction has ended. */
export async function claimKey(tx: Queryable, keyed: KeyedRequest): Promise<boolean> {
  const query = sql`
    insert into auth.idempotency_keys (caller_id, key_sha256, request_sha256)
    values (${keyed.callerId}, ${keyed.keySha256}::bytea, ${keyed.requestSha256}::bytea)
    on conflict (caller_id, key_sha256) do nothing
    returning 1 as claimed`;
  return (await tx.run("auth.claim_idempotency_key", query)).length > 0;
}

export async function findFirst(
  tx: Queryable,
  { callerId, keySha256 }: KeyedRequest,
): Promise<FirstRequest | undefined> {
  const query = sql<FirstRequest>`
    select request_sha256, sealed_answer from auth.idempotency_keys
    where caller_id = ${callerId} and key_sha256 = ${keySha256}::bytea`;
  const [row] = await tx.run("auth.find_idempotency_key", query);
  return row;
}

export async function keepAnswer(
  tx: Queryable,
  { callerId, keySha256 }: KeyedRequest,
  sealed: Buffer,
): Promise<void> {
  const query = sql`
    update auth.idempotency_keys set sealed_answer = ${sealed}::bytea
    where caller_id = ${callerId} and key_sha256 = ${keySha256}::bytea`;
  await tx.run("auth.keep_idempotent_answer", query);
}
