import { randomBytes } from "node:crypto";
import { replaceJson } from "./atomic-file.ts";
import { readJson } from "./json-file.ts";

/** A password, and the salt that makes the same SCRAM secret of it for PostgreSQL and PgBouncer each time. */
export interface Password {
  readonly password: string;
  readonly salt: string;
}

/** The API keys of the stack, as clients send them. */
export interface Keys {
  readonly platform: string;
  readonly demo: string;
}

/** The keys, and the database cluster that knows them (PostgreSQL's system identifier). */
export interface KeptKeys {
  readonly cluster: string;
  readonly keys: Keys;
}

interface SecretsFile {
  readonly passwords: Record<string, Password>;
  readonly api?: KeptKeys;
}

/** What only this stack knows, in a file that only its owner reads. A password is made when it is first asked for. */
export class Secrets {
  readonly #file: string;
  #content: SecretsFile;

  private constructor(file: string, content: SecretsFile) {
    this.#file = file;
    this.#content = content;
  }

  /** Reads the file, or begins a new one; `users` are given passwords if they have none. */
  static async open(file: string, users: readonly string[]): Promise<Secrets> {
    const found = await readJson<SecretsFile>(file);
    const made = Object.fromEntries(users.map((user) => [user, makePassword()]));
    const secrets = new Secrets(file, { ...found, passwords: { ...made, ...found?.passwords } });
    await secrets.#save();
    return secrets;
  }

  get keys(): KeptKeys | undefined {
    return this.#content.api;
  }

  /** @throws Error for a user that `open` was not told of. */
  password(user: string): Password {
    const found = this.#content.passwords[user];
    if (found === undefined) throw new Error(`${this.#file} has no password of ${user}.`);
    return found;
  }

  async keepKeys(api: KeptKeys): Promise<void> {
    this.#content = { ...this.#content, api };
    await this.#save();
  }

  async #save(): Promise<void> {
    await replaceJson(this.#file, this.#content);
  }
}

/** 24 random bytes, in letters that need no escape in a URL. */
function makePassword(): Password {
  return {
    password: randomBytes(24).toString("base64url"),
    salt: randomBytes(16).toString("base64"),
  };
}
