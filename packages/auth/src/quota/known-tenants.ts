import { LRUCache } from "lru-cache";
import { readCredentials } from "../credentials.ts";
import type { Principal } from "../principal.ts";
import type { CredentialedRequest } from "../verify/authenticate.ts";

/** An entry takes about 200 bytes. */
const MAX_KEYS = 10_000;

/** What the keys that no tenant owns stand under. */
const PLATFORM = "platform";

/**
 * Which tenant the ids of keys belong to, learnt from keys that were verified. It says whom a request claims to come
 * from without waiting for anything, and proves nothing: who uses another's key id takes places of that tenant until
 * the key is verified, and is then refused.
 */
export class KnownTenants {
  readonly #tenants = new LRUCache<string, string>({ max: MAX_KEYS });

  /** Remembers whose key a verified principal has. */
  note({ keyId, tenantId }: Pick<Principal, "keyId" | "tenantId">): void {
    if (this.#tenants.get(keyId) === undefined) this.#tenants.set(keyId, tenantId ?? PLATFORM);
  }

  /** The tenant that the request's key belongs to; undefined when the key was not seen lately. */
  of(headers: CredentialedRequest["headers"]): string | undefined {
    const credentials = readCredentials(headers.authorization);
    return credentials && this.#tenants.get(credentials.id);
  }
}
