import { SluiceError } from "@sluice/errors";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What was said to be a job's id. @throws SluiceError JOB_NOT_FOUND when no job can have it */
export function jobIdOf(text: string): string {
  if (!UUID.test(text)) throw jobNotFound(text);
  return text;
}

export function jobNotFound(id: string): SluiceError {
  const detail = `The project has no job "${id}". GET …/jobs lists its jobs.`;
  return new SluiceError("JOB_NOT_FOUND", detail);
}
