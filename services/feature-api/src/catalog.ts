import { isResourceName } from "@sluice/http";
import type { SluiceError } from "@sluice/errors";
import { currentContext, runInContext } from "@sluice/telemetry";

export interface CatalogOptions<T> {
  /** Reads things of a project from the database; names that do not exist are left out. */
  readonly load: (projectId: string, names: readonly string[]) => Promise<T[]>;
  /** What to throw when these do not exist. */
  readonly notFound: (names: readonly string[]) => SluiceError;
  /** How long another instance's change may stay unseen. @default 5000 */
  readonly ttlMs?: number;
  /** Beyond this the entries read longest ago go first. @default 10000 */
  readonly maxEntries?: number;
}

/** A definition that clients make under a name in a project. */
export interface Named {
  readonly projectId: string;
  readonly name: string;
}

type Reading<T> = Promise<T | undefined>;

/**
 * Definitions kept for a few seconds, so that a look-up is one statement. What is not known is read at once, in one
 * statement for all names; concurrent callers share that statement.
 */
export class Catalog<T extends Named> {
  readonly #options: Required<CatalogOptions<T>>;
  readonly #entries = new Map<string, { value: Reading<T>; expiresAt: number }>();

  constructor(options: CatalogOptions<T>) {
    this.#options = { ttlMs: 5_000, maxEntries: 10_000, ...options };
  }

  /** @throws SluiceError when it does not exist. */
  async get(projectId: string, name: string): Promise<T> {
    const known = this.#fresh(projectId, name);
    if (known === undefined) return (await this.getAll(projectId, [name]))[0] as T;
    const value = await known;
    if (value === undefined) throw this.#options.notFound([name]);
    return value;
  }

  /** In the order of `names`. @throws SluiceError that names all that do not exist. */
  async getAll(projectId: string, names: readonly string[]): Promise<T[]> {
    const known = names.map((name) => this.#fresh(projectId, name));
    const unknown = names.filter(
      (name, index) => known[index] === undefined && isResourceName(name),
    );
    const reading =
      unknown.length > 0 ? this.#read(projectId, unknown) : new Map<string, Reading<T>>();
    const values = await Promise.all(
      names.map(async (name, index) => known[index] ?? reading.get(name)),
    );
    const missing = names.filter((_name, index) => values[index] === undefined);
    if (missing.length > 0) throw this.#options.notFound(missing);
    return values as T[];
  }

  /** Remembers what was just written. */
  set(value: T): void {
    void this.#remember(keyOf(value.projectId, value.name), Promise.resolve(value));
  }

  /** Has the next call read these anew: done before anybody is told that a part of them does not exist. */
  forget(projectId: string, names: readonly string[]): void {
    for (const name of names) this.#entries.delete(keyOf(projectId, name));
  }

  #fresh(projectId: string, name: string): Reading<T> | undefined {
    const entry = this.#entries.get(keyOf(projectId, name));
    return entry !== undefined && entry.expiresAt > performance.now() ? entry.value : undefined;
  }

  /** In a context without the caller's signal and deadline: others may wait for the result. */
  #read(projectId: string, names: readonly string[]): Map<string, Reading<T>> {
    const { requestId = "catalog", span } = currentContext() ?? {};
    const reading = runInContext({ requestId, span }, () => this.#options.load(projectId, names));
    const byName = reading.then((values) => new Map(values.map((value) => [value.name, value])));
    return new Map(
      names.map((name) => [
        name,
        this.#remember(
          keyOf(projectId, name),
          byName.then((values) => values.get(name)),
        ),
      ]),
    );
  }

  #remember(key: string, value: Reading<T>): Reading<T> {
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt: performance.now() + this.#options.ttlMs });
    const oldest =
      this.#entries.size > this.#options.maxEntries ? this.#entries.keys().next().value : undefined;
    if (oldest !== undefined) this.#entries.delete(oldest);
    // Neither a failure nor an absence is remembered: it may be there a moment later.
    const drop = () => this.#entries.get(key)?.value === value && this.#entries.delete(key);
    value.then((found) => found ?? drop(), drop);
    return value;
  }
}

function keyOf(projectId: string, name: string): string {
  return `${projectId}/${name}`;
}
