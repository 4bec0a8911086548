import { SluiceError } from "@sluice/errors";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text is a UUID as we write them. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** What was said to be a job's id. @throws SluiceError JOB_NOT_FOUND when no job can have it */
export function jobIdOf(text: string): string {
  if (!isUuid(text)) throw jobNotFound(text);
  return text;
}

export function jobNotFound(id: string): SluiceError {
  const detail = `The project has no job "${id}". GET …/jobs lists its jobs.`;
  return new SluiceError("JOB_NOT_FOUND", detail);
}
