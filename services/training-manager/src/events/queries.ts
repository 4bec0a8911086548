import type { RunOptions } from "@sluice/db";
import { sql } from "kysely";
import { isTerminal, type JobStatus } from "../transitions/state-machine.ts";
import type { Queryable } from "../transitions/queries.ts";

/** A change of a job's state, as the API shows it. */
export interface Transition {
  /** 1, 2, 3 … within the job. */
  readonly sequence: number;
  readonly job_id: string;
  readonly attempt: number;
  /** null: it was created. */
  readonly from: JobStatus | null;
  readonly to: JobStatus;
  readonly at: string;
  readonly reason: string;
  readonly message: string | null;
}

const COLUMNS = sql`
  transition.sequence, transition.job_id, transition.attempt, transition.from_status as from,
  transition.to_status as to, transition.at, transition.reason, transition.message`;

/** A page of a job's log, the oldest first, beginning after the transition `after`; "" is before all. */
export function listTransitions(
  db: Queryable,
  projectId: string,
  jobId: string,
  { after, rows }: { after: string; rows: number },
): Promise<Transition[]> {
  const query = sql<Transition>`
    select ${COLUMNS} from training.transitions as transition
    where transition.project_id = ${projectId}::bigint and transition.job_id = ${jobId}::uuid
      and transition.sequence > ${Number(after)}::int
    order by transition.sequence
    limit ${rows}::int`;
  return db.run("training.list_transitions", query, { idempotent: true });
}

/** How far a reader of a job's log has come. */
export interface Position {
  readonly projectId: string;
  readonly jobId: string;
  /** Sequence of the last transition that it has; 0 = none. */
  readonly after: number;
}

/** What follows a position. */
export interface Continuation {
  readonly transitions: readonly Transition[];
  /** Nothing comes after these, now or ever. */
  readonly isLast: boolean;
}

/** Most transitions of a job that one statement reads. */
export const CONTINUATION_ROWS = 50;

type Row = { [K in keyof Transition]: Transition[K] | null } & {
  readonly place: number;
  readonly status: JobStatus;
  readonly last_sequence: number;
};

/**
 * What follows each position, in the order of `positions`; undefined where there is no such job. Sequences are dense
 * and given out under the lock on the job's row: what is committed later has a higher one, and none is left out.
 */
export async function findContinuations(
  db: Queryable,
  positions: readonly Position[],
  options: RunOptions,
): Promise<(Continuation | undefined)[]> {
  const query = sql<Row>`
    select wanted.place::int4, job.status, job.sequence as last_sequence, ${COLUMNS}
    from unnest(
      ${positions.map(({ projectId }) => projectId)}::bigint[],
      ${positions.map(({ jobId }) => jobId)}::uuid[],
      ${positions.map(({ after }) => after)}::int[]
    ) with ordinality as wanted (project_id, job_id, after, place)
    join training.training_jobs as job on job.project_id = wanted.project_id and job.job_id = wanted.job_id
    left join training.transitions as transition
      on transition.project_id = wanted.project_id and transition.job_id = wanted.job_id
      and transition.sequence > wanted.after and transition.sequence <= wanted.after + ${CONTINUATION_ROWS}::int
    order by wanted.place, transition.sequence`;
  const rows = await db.run("training.find_continuations", query, { idempotent: true, ...options });
  const byPlace = Map.groupBy(rows, ({ place }) => place - 1);
  return positions.map(({ after }, place) => continuationOf(byPlace.get(place), after));
}

function continuationOf(rows: readonly Row[] | undefined, after: number): Continuation | undefined {
  const [first] = rows ?? [];
  if (rows === undefined || first === undefined) return undefined;
  const transitions = first.sequence === null ? [] : rows.map(transitionOf);
  const reached = transitions.at(-1)?.sequence ?? after;
  return { transitions, isLast: isTerminal(first.status) && reached >= first.last_sequence };
}

function transitionOf({ place: _place, status: _status, last_sequence: _last, ...row }: Row) {
  return row as Transition;
}
