import { SluiceError } from "@sluice/errors";

/** @param requested the state that the caller wanted, or what it wanted done. */
export function illegalTransition(jobId: string, current: string, requested: string): SluiceError {
  const detail = `Job ${jobId} is ${current}, from where "${requested}" cannot be reached. Nothing was changed; GET it to see how it got there.`;
  return new SluiceError("INVALID_STATE_TRANSITION", detail, { extra: { current, requested } });
}
