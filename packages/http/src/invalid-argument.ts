import { SluiceError } from "@sluice/errors";

/** A VALIDATION_FAILED in the same shape as a schema's; `path` is a JSON pointer into the request. */
export function invalidArgument(path: string, message: string): SluiceError {
  const detail = `${path.slice(1)} ${message}.`;
  return new SluiceError("VALIDATION_FAILED", detail, { extra: { errors: [{ path, message }] } });
}
