import { errorCode, type ReservedConnection, withConnection } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";
import { OWNER_ROLE } from "./owner.ts";

/** One login role. */
export interface RoleSpec {
  readonly name: string;
  /** Settings of the role in every session, for startup parameters do not survive PgBouncer. */
  readonly settings: Readonly<Record<string, string>>;
  /** A SCRAM-SHA-256 secret (`scramSecret`), never the password: statements end up in logs. */
  readonly password?: string;
}

export interface EnsureRolesOptions {
  /** A DIRECT connection to the database, as a superuser or as its owner with CREATEROLE. */
  readonly url: string;
  readonly roles: readonly RoleSpec[];
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Statements that the login was not allowed to run: an administrator has to. Empty as a superuser. */
export interface EnsureRolesResult {
  readonly leftToAdministrator: readonly string[];
}

const DANGEROUS = [
  "rolsuper",
  "rolcreaterole",
  "rolcreatedb",
  "rolreplication",
  "rolbypassrls",
] as const;

// The monitor reads other sessions' activity and nothing of the product's data.
const MEMBERSHIPS: Readonly<Record<string, string>> = { sluice_monitor: "pg_monitor" };

/**
 * Creates the owner and the login roles or updates them, and takes from PUBLIC what nobody needs. May be
 * repeated; one transaction, so that no login sees half of it.
 *
 * As a superuser all of it is done. As the database's owner with CREATEROLE all but: pg_monitor for the
 * monitor role (from 16 on it needs ADMIN on pg_monitor), and on 14, where `public` belongs to the
 * superuser, CREATE on that schema. Roles that already exist must be administered by the login (from 16 on).
 * @throws MigrationError `roles_missing` when a role has rights beyond a plain login.
 */
export async function ensureRoles(options: EnsureRolesOptions): Promise<EnsureRolesResult> {
  const { roles, log = () => {} } = options;
  return await withConnection(options, async (connection) => {
    const left: string[] = [];
    await connection.transaction(async () => {
      // Two runs at once would fail with "tuple concurrently updated".
      await connection.execute(`SELECT pg_catalog.pg_advisory_xact_lock(126909663503206)`);
      await ensureOwner(connection);
      for (const role of roles) await ensureLogin(connection, role);
      for (const statement of await missingGrants(connection, roles)) {
        if (!(await tryStatement(connection, statement))) left.push(statement);
      }
      left.push(...(await closePublic(connection)));
    });
    log(`roles: ${roles.map(({ name }) => name).join(", ")} are up to date`);
    for (const statement of left) log(`roles: an administrator has to run: ${statement}`);
    return { leftToAdministrator: left };
  });
}

async function ensureOwner(connection: ReservedConnection): Promise<void> {
  await createRole(connection, OWNER_ROLE);
  await executeFormatted(connection, "ALTER ROLE %I NOLOGIN", [OWNER_ROLE]);
  // Who creates a role may administer it, but from 16 on not act as it without being told so.
  const [row] = await connection.query<{ sufficient: boolean }>(
    `SELECT rolsuper OR CASE WHEN current_setting('server_version_num')::int >= 160000
              THEN pg_has_role($1, 'SET') AND pg_has_role($1, 'USAGE') ELSE pg_has_role($1, 'MEMBER') END AS sufficient
       FROM pg_catalog.pg_roles WHERE rolname = current_user`,
    [OWNER_ROLE],
  );
  if (row?.sufficient !== true)
    await executeFormatted(connection, "GRANT %I TO CURRENT_USER", [OWNER_ROLE]);
}

async function ensureLogin(
  connection: ReservedConnection,
  { name, settings, password }: RoleSpec,
): Promise<void> {
  await createRole(connection, name);
  await executeFormatted(connection, "ALTER ROLE %I LOGIN", [name]);
  if (password !== undefined)
    await executeFormatted(connection, "ALTER ROLE %I PASSWORD %L", [name, password]);
  // A setting that is no longer listed must not outlive the list.
  await executeFormatted(connection, "ALTER ROLE %I RESET ALL", [name]);
  for (const [setting, value] of Object.entries(settings)) {
    await executeFormatted(connection, "ALTER ROLE %I SET %I = %L", [name, setting, value]);
  }
}

/** Only refuses, never takes away: who gave a role such rights outside of Sluice had a reason to hear of. */
async function createRole(connection: ReservedConnection, name: string): Promise<void> {
  const [role] = await connection.query<Record<(typeof DANGEROUS)[number], boolean>>(
    `SELECT ${DANGEROUS.join(", ")} FROM pg_catalog.pg_roles WHERE rolname = $1`,
    [name],
  );
  const excess = DANGEROUS.filter((attribute) => role?.[attribute] === true).map((attribute) =>
    attribute.slice("rol".length),
  );
  if (excess.length > 0) {
    throw new MigrationError(
      "roles_missing",
      `The role ${name} has ${excess.join(", ")}; a role of Sluice needs none of it. Take it away or rename that role.`,
    );
  }
  if (role === undefined) await executeFormatted(connection, "CREATE ROLE %I", [name]);
}

/** The grants that are not in place yet, as statements. */
async function missingGrants(
  connection: ReservedConnection,
  roles: readonly RoleSpec[],
): Promise<string[]> {
  const names = roles.map(({ name }) => name);
  const privileges = [
    [OWNER_ROLE, "CREATE"],
    ...[OWNER_ROLE, ...names].map((name) => [name, "CONNECT"]),
  ];
  const memberships = names.flatMap((name) =>
    name in MEMBERSHIPS ? [[name, MEMBERSHIPS[name]]] : [],
  );
  const rows = await connection.query<{ statement: string }>(
    `SELECT format('GRANT %s ON DATABASE %I TO %I', w ->> 1, d.datname, w ->> 0) AS statement
       FROM pg_catalog.pg_database d, jsonb_array_elements(($1::text)::jsonb) w
      WHERE d.datname = current_database()
        AND NOT EXISTS (SELECT FROM aclexplode(d.datacl) a
                         WHERE a.grantee = to_regrole(quote_ident(w ->> 0)) AND a.privilege_type = w ->> 1)
      UNION ALL
     SELECT format('GRANT %I TO %I', w ->> 1, w ->> 0)
       FROM jsonb_array_elements(($2::text)::jsonb) w WHERE NOT pg_has_role(w ->> 0, w ->> 1, 'USAGE')`,
    [JSON.stringify(privileges), JSON.stringify(memberships)],
  );
  return rows.map(({ statement }) => statement);
}

/** Takes from PUBLIC what every role of the cluster would have; returns what could not be taken. */
async function closePublic(connection: ReservedConnection): Promise<string[]> {
  for (const statement of await openToPublic(connection)) await tryStatement(connection, statement);
  // REVOKE by somebody without the right to do so is a warning, no error: look what is still there.
  return await openToPublic(connection);
}

async function openToPublic(connection: ReservedConnection): Promise<string[]> {
  const rows = await connection.query<{ statement: string }>(
    `SELECT format('REVOKE %s ON DATABASE %I FROM PUBLIC', string_agg(a.privilege_type, ', '), datname) AS statement
       FROM pg_catalog.pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) a
      WHERE datname = current_database() AND a.grantee = 0 GROUP BY datname
      UNION ALL
     SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
       FROM pg_catalog.pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a
      WHERE nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'`,
  );
  return rows.map(({ statement }) => statement);
}

/** Runs a statement; false when this login may not. */
async function tryStatement(connection: ReservedConnection, statement: string): Promise<boolean> {
  await connection.execute("SAVEPOINT attempt");
  try {
    await connection.execute(statement);
    return true;
  } catch (error) {
    if (errorCode(error) !== "42501") throw error;
    await connection.execute("ROLLBACK TO SAVEPOINT attempt");
    return false;
  }
}

/** Runs a statement whose quoting the server does: `%I` a name, `%L` a literal. */
async function executeFormatted(
  connection: ReservedConnection,
  template: string,
  values: string[],
): Promise<void> {
  const [row] = await connection.query<{ statement: string }>(
    `SELECT pg_catalog.format($1, VARIADIC ARRAY(SELECT jsonb_array_elements_text(($2::text)::jsonb))) AS statement`,
    [template, JSON.stringify(values)],
  );
  if (row !== undefined) await connection.execute(row.statement);
}
