import { SluiceError } from "@sluice/errors";
import { type Page, type PageRequest, readPage } from "@sluice/http";
import { findAttempt } from "../attempts/queries.ts";
import { getJob } from "../jobs/get-job.ts";
import type { Queryable } from "../transitions/queries.ts";
import { listRanks, type RankRow } from "./queries.ts";

/**
 * A page of an attempt's ranks; of the last attempt's when none is named. Further pages are of the attempt that the
 * first one was of.
 * @throws SluiceError JOB_NOT_FOUND, NOT_FOUND when the job has no such attempt, VALIDATION_FAILED for a bad cursor
 */
export async function pageOfRanks(
  db: Queryable,
  projectId: string,
  jobId: string,
  { attempt: wanted, ...page }: PageRequest & { readonly attempt?: number | undefined },
): Promise<Page<RankRow>> {
  const current = await getJob(db, projectId, jobId);
  if (wanted !== undefined) await requireAttempt(db, projectId, jobId, wanted);
  return readPage(`ranks ${projectId} ${jobId} ${wanted ?? ""}`, page, keyOf, ({ after, rows }) => {
    const [attempt = wanted ?? current.attempt, last = -1] =
      after === "" ? [] : after.split(" ").map(Number);
    return listRanks(db, projectId, jobId, { attempt, after: last, rows });
  });
}

const keyOf = ({ attempt, rank }: RankRow): string => `${attempt} ${rank}`;

async function requireAttempt(
  db: Queryable,
  projectId: string,
  jobId: string,
  attempt: number,
): Promise<void> {
  const state = await findAttempt(db, projectId, jobId, attempt);
  if (state?.token) return;
  const detail = `Job ${jobId} has no attempt ${attempt}. GET the job: its attempts are 1 to \`attempt\`.`;
  throw new SluiceError("NOT_FOUND", detail);
}
