/** The command was used wrongly: exit code 2, and its usage is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
