import { type ApiKey, parseKey } from "./api-key.ts";

/**
 * The key in an `Authorization` header: as the Bearer token, or as the password of Basic
 * (for clients that can only do that; the user name is not looked at).
 * Undefined when there is none or it has not the form of a key.
 */
export function readCredentials(authorization: string | undefined): ApiKey | undefined {
  const [, scheme, value] = /^(bearer|basic) +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  return parseKey(scheme.toLowerCase() === "bearer" ? value : basicPassword(value));
}

function basicPassword(value: string): string {
  const pair = Buffer.from(value, "base64").toString();
  return pair.slice(pair.indexOf(":") + 1);
}
