import type { ReservedConnection } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";

/** Owns every object of Sluice and cannot log in: no service and no person is the owner by accident. */
export const OWNER_ROLE = "sluice_owner";

/**
 * Makes the session act as the owner, so that everything it creates belongs to it.
 * @throws MigrationError `roles_missing`.
 */
export async function becomeOwner(connection: ReservedConnection): Promise<void> {
  const [row] = await connection.query<{ found: boolean; member: boolean | null }>(
    `SELECT to_regrole($1) IS NOT NULL AS found, pg_has_role(to_regrole($1), 'MEMBER') AS member`,
    [OWNER_ROLE],
  );
  if (row?.found !== true)
    throw new MigrationError(
      "roles_missing",
      `The role ${OWNER_ROLE} does not exist. Create the roles first (ensureRoles).`,
    );
  if (row.member !== true) {
    throw new MigrationError(
      "roles_missing",
      `This login is not a member of ${OWNER_ROLE}. Create the roles with it (ensureRoles), or grant it the role.`,
    );
  }
  await connection.execute(`SET ROLE ${OWNER_ROLE}`);
}
