import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** PostgreSQL's own count (`scram_iterations`), so that a secret made here looks like one made there. */
const ITERATIONS = 4096;

/**
 * The SCRAM-SHA-256 secret of a password, in the form (RFC 5803) that both `pg_authid.rolpassword` and
 * PgBouncer's userlist hold. PgBouncer can log in to PostgreSQL with what a client proved to it only
 * when both hold the same secret: salt and password must be the same for both.
 */
export function scramSecret(password: string, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, ITERATIONS, 32, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  const serverKey = hmac(salted, "Server Key").toString("base64");
  const encodedSalt = Buffer.from(salt).toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${encodedSalt}$${storedKey}:${serverKey}`;
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
