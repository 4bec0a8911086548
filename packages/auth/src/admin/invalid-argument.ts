import { SluiceError } from "@sluice/errors";
import { isName } from "../name.ts";

/** A VALIDATION_FAILED in the same shape as a schema's; `path` is a JSON pointer into the request. */
export function invalidArgument(path: string, message: string): SluiceError {
  const detail = `${path.slice(1)} ${message}.`;
  return new SluiceError("VALIDATION_FAILED", detail, { extra: { errors: [{ path, message }] } });
}

/** @throws SluiceError VALIDATION_FAILED unless it may name a tenant or a project. */
export function requireName(path: string, name: string): void {
  if (isName(name)) return;
  throw invalidArgument(
    path,
    "must be 1 to 63 characters of a-z, 0-9, _ and -, and begin with a letter or a digit",
  );
}
