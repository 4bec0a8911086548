/** One line of PgBouncer's `auth_file`: a user name and its SCRAM secret. */
export interface UserlistEntry {
  readonly user: string;
  readonly secret: string;
}

/** The text of PgBouncer's `auth_file`. It holds no password: only SCRAM secrets are accepted. */
export function renderUserlist(entries: readonly UserlistEntry[]): string {
  return entries.map((entry) => `${quote(entry.user)} ${quote(secretOf(entry))}\n`).join("");
}

function secretOf({ user, secret }: UserlistEntry): string {
  if (!secret.startsWith("SCRAM-SHA-256$")) {
    throw new Error(
      `The userlist would hold a plain password of ${user}: make a SCRAM secret of it.`,
    );
  }
  return secret;
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
