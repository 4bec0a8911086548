import { SluiceError } from "@sluice/errors";
import { invalidArgument } from "@sluice/http";
import type { Static } from "typebox";
import type { Beat } from "./beat.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { HeartbeatBody } from "./schemas.ts";

const MAX_BEATS = 10_000;
const MAX_STEP = 2n ** 63n - 1n;

type Body = Static<typeof HeartbeatBody>;
type Told = Pick<Body, "step" | "progress" | "message">;

/**
 * The heartbeats of a request, in either of its two forms. Of a rank that is named more than once the last counts.
 * @throws SluiceError VALIDATION_FAILED, TOO_MANY_ROWS
 */
export function heartbeatsOf({ attempt, token, beats, rank, ...told }: Body): Heartbeats {
  if ((rank === undefined) === (beats === undefined))
    throw invalidArgument("/rank", "or beats must be given, one of the two");
  if (beats === undefined) {
    const highestRank = rank as number;
    return { attempt, token, beats: new Map([[highestRank, beatOf("", told, highestRank)]]) };
  }
  const [misplaced] = Object.keys(told);
  if (misplaced !== undefined) throw invalidArgument(`/${misplaced}`, "belongs into each of beats");
  return { attempt, token, beats: beatsOf(beats) };
}

function beatsOf(list: NonNullable<Body["beats"]>): Map<number, Beat> {
  if (list.length > MAX_BEATS) {
    const detail = `The request has ${list.length} heartbeats; one call takes ${MAX_BEATS}. Split it.`;
    throw new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_BEATS } });
  }
  const highestRank = list.reduce((highest, { rank }) => Math.max(highest, rank), 0);
  return new Map(
    list.map(({ rank, ...told }, index) => [rank, beatOf(`/beats/${index}`, told, highestRank)]),
  );
}

function beatOf(
  path: string,
  { step, progress = null, message = null }: Told,
  highestRank: number,
): Beat {
  return { step: stepOf(`${path}/step`, step), progress, message, highestRank };
}

function stepOf(path: string, step: unknown): number | bigint | null {
  if (step === undefined || step === null) return null;
  const isStep =
    typeof step === "bigint"
      ? step >= 0n && step <= MAX_STEP
      : Number.isSafeInteger(step) && (step as number) >= 0;
  if (!isStep) throw invalidArgument(path, "must be an integer from 0 to 2^63−1");
  return step as number | bigint;
}
