import { createHash, randomUUIDv7 } from "node:crypto";
import { SluiceError } from "@sluice/errors";
import { invalidArgument, stringifyJson } from "@sluice/http";
import { codeOf } from "@sluice/db";
import type { JobStore } from "../training-manager.ts";
import { getJob } from "./get-job.ts";
import { asCreated, type JobRow } from "./job.ts";
import { findKeyedJob, insertJob, type NewJob } from "./queries.ts";

/** A job to be created, without what the server decides. */
export type JobRequest = Omit<NewJob, "jobId">;

/**
 * Creates a job. With an idempotency key that was used within 24 hours the first answer is given again.
 * @throws SluiceError IDEMPOTENCY_KEY_REUSED, VALIDATION_FAILED
 */
export async function createJob(
  store: JobStore,
  projectId: string,
  request: JobRequest,
  key: string | undefined,
): Promise<JobRow> {
  const job = { ...request, jobId: randomUUIDv7() };
  const idempotency = key === undefined ? undefined : { key, requestSha256: digest(request) };
  const created = await insertJob(store.db, projectId, job, idempotency).catch(explainText);
  if (created !== undefined) {
    store.announce(projectId, created);
    return created;
  }
  const jobId = idempotency && (await firstJob(store, projectId, idempotency));
  return asCreated(await getJob(store.db, projectId, jobId ?? job.jobId));
}

/** The job that the key was first used for. @throws SluiceError IDEMPOTENCY_KEY_REUSED when that was another request */
async function firstJob(
  { db }: JobStore,
  projectId: string,
  { key, requestSha256 }: { key: string; requestSha256: Buffer },
): Promise<string | undefined> {
  const known = await findKeyedJob(db, projectId, key);
  if (known === undefined || known.request_sha256.equals(requestSha256)) return known?.job_id;
  const detail = `Idempotency-Key "${key}" was used for another request within 24 hours. Send a new key with a new request.`;
  throw new SluiceError("IDEMPOTENCY_KEY_REUSED", detail);
}

function digest(request: JobRequest): Buffer {
  return createHash("sha256").update(stringifyJson(request)).digest();
}

/** Untranslatable character, invalid text representation: what jsonb cannot hold. */
const NOT_TEXT = new Set(["22P05", "22P02"]);

function explainText(error: unknown): never {
  if (!NOT_TEXT.has(codeOf(error))) throw error;
  throw invalidArgument(
    "/body",
    "holds U+0000 or half of a surrogate pair in spec or labels, which PostgreSQL cannot keep",
  );
}
