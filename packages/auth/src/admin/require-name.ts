import { invalidArgument, isResourceName } from "@sluice/http";

/** @throws SluiceError VALIDATION_FAILED unless it may name a tenant or a project. */
export function requireName(path: string, name: string): void {
  if (isResourceName(name)) return;
  throw invalidArgument(
    path,
    "must be 1 to 63 characters of a-z, 0-9, _ and -, and begin with a letter or a digit",
  );
}
