import postgres from "postgres";

/** Clients that keep an alias busy until they are let go. */
export class AliasLoad implements AsyncDisposable {
  readonly #clients: postgres.Sql[] = [];
  readonly #loops: Promise<void>[] = [];
  #ends = false;
  #failure: Error | undefined;
  answered = 0;

  /** @param statement what each of them sends again and again */
  constructor(url: string, clients: number, statement: string) {
    for (let index = 0; index < clients; index++) {
      const sql = postgres(url, { max: 1, prepare: false, fetch_types: false });
      this.#clients.push(sql);
      const loop = this.#repeat(sql, statement);
      this.#loops.push(loop.catch((error: Error) => void (this.#failure ??= error)));
    }
  }

  async #repeat(sql: postgres.Sql, statement: string): Promise<void> {
    while (!this.#ends) {
      await sql.unsafe(statement);
      this.answered += 1;
    }
  }

  /** Resolves when every statement in hand has been answered; rejects when one failed. */
  async stop(): Promise<void> {
    this.#ends = true;
    await Promise.all(this.#loops);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Promise.all(this.#clients.map((sql) => sql.end({ timeout: 1 })));
  }
}
