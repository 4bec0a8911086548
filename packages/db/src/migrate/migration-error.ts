/** Why a migration run was refused or failed. */
export type MigrationErrorReason =
  | "invalid_files"
  | "changed"
  | "gap"
  | "database_newer"
  | "roles_missing"
  | "busy"
  | "lock_timeout"
  | "statement_failed"
  | "connection_lost"
  | "aborted";

/** A refusal or failure of the migration runner: the message says what happened, to which file, and what to do. */
export class MigrationError extends Error {
  readonly reason: MigrationErrorReason;

  constructor(reason: MigrationErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MigrationError";
    this.reason = reason;
  }
}
