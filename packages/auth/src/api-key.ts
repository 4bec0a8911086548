import { hash, randomInt, timingSafeEqual } from "node:crypto";

/** The two halves of a key: the id is public and finds the row, the secret is known to its holder alone. */
export interface ApiKey {
  readonly id: string;
  readonly secret: string;
}

/** Base62: no `_`, which separates the parts, and nothing that a URL or a shell would escape. */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 71 bits: ids do not collide in practice, and the primary key refuses it if they do. */
const ID_LENGTH = 12;
/** 190 bits. A secret of this entropy needs no slow hash: SHA-256 cannot be searched. */
const SECRET_LENGTH = 32;

const ID = new RegExp(`^[0-9A-Za-z]{${ID_LENGTH}}$`);
const KEY = new RegExp(`^sluice_([0-9A-Za-z]{${ID_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}})$`);

/** A new random key. */
export function generateKey(): ApiKey {
  return { id: randomText(ID_LENGTH), secret: randomText(SECRET_LENGTH) };
}

/** The text that the holder sends: `sluice_<id>_<secret>`. */
export function formatKey({ id, secret }: ApiKey): string {
  return `sluice_${id}_${secret}`;
}

/** Takes the text of a key apart; undefined when it has not the form of one. */
export function parseKey(text: string): ApiKey | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Whether a text has the form of a key's id. */
export function isKeyId(text: string): boolean {
  return ID.test(text);
}

/** What is stored of a secret: its SHA-256, 32 bytes. */
export function hashSecret(secret: string): Buffer {
  return hash("sha256", secret, "buffer");
}

/** Stands in for the hash of a key that does not exist, so that its look-up takes the same path. No secret hashes to it. */
const NO_HASH = Buffer.alloc(32);

/** The hash of the secret being compared: a new Buffer a request would cost three times as much as the hash itself. */
const given = Buffer.alloc(32);

/** Whether `secret` is the one that `stored` was made of, in constant time; `stored` undefined = no such key. */
export function matchesSecret(secret: string, stored: Buffer | undefined): boolean {
  given.write(hash("sha256", secret, "base64"), "base64");
  return timingSafeEqual(given, stored ?? NO_HASH) && stored !== undefined;
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");
}
