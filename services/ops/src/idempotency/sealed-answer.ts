import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** AES-256-GCM (NIST SP 800-38D): a nonce of 12 bytes, a tag of 16. */
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a sealed answer can be opened with: the secret of the caller's API key, of which only a hash is stored. */
export interface Seal {
  readonly secret: string;
  readonly idempotencyKey: string;
}

/** An answer as bytes that only the caller's secret opens: `nonce | tag | ciphertext`. */
export function sealAnswer(answer: unknown, seal: Seal): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(seal), nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(answer), "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** @throws Error when it was sealed otherwise, or changed since. */
export function openAnswer(sealed: Buffer, seal: Seal): unknown {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, keyOf(seal), nonce).setAuthTag(tag);
  const text = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
  return JSON.parse(Buffer.concat([text, decipher.final()]).toString());
}

/** HKDF (RFC 5869): the secret has 190 bits, so that it needs no slow hash. */
function keyOf({ secret, idempotencyKey }: Seal): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, idempotencyKey, "sluice idempotent answer", 32));
}
