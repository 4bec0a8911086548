import { REASONS, TRANSITIONS } from "@sluice/training-manager/state-machine";

/** A row of a job's log. */
export interface LogRow {
  readonly job_id: string;
  readonly sequence: number;
  readonly attempt: number;
  readonly from_status: string | null;
  readonly to_status: string;
  readonly reason: string;
}

const LEGAL: ReadonlySet<string> = new Set(
  TRANSITIONS.map(({ event, from, to }) => `${from} ${to} ${REASONS[event]}`),
);

/** What is wrong with the log of one job: gaps, steps that no state machine has, attempts out of order. */
export function faultsOfLog(rows: readonly LogRow[]): string[] {
  const faults: string[] = [];
  let before: string | null = null;
  let attempt = 0;
  for (const [index, row] of rows.entries()) {
    const { sequence, from_status, to_status, reason } = row;
    const step = `${from_status} ${to_status} ${reason}`;
    if (sequence !== index + 1) faults.push(`sequence ${sequence} after ${index}`);
    if (from_status !== before) faults.push(`${step} after ${before}`);
    if (from_status !== null && !LEGAL.has(step)) faults.push(`${step} is no legal transition`);
    if (reason === REASONS.claim) attempt += 1;
    if (row.attempt !== attempt) faults.push(`${step} of attempt ${row.attempt}, not ${attempt}`);
    before = to_status;
  }
  return faults;
}
