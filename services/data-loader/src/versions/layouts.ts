import type { Queryable } from "../data-loader.ts";
import { Layout } from "./layout.ts";
import { listSegments } from "./queries.ts";

/** Each is a few hundred bytes a segment. */
const MAX_LAYOUTS = 1_000;

/** The layouts of sealed versions, read once: they never change. The ones used longest ago are dropped. */
export class Layouts {
  readonly #db: Queryable;
  readonly #known = new Map<string, Layout>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** The layout of a version that is known to be sealed. */
  async of(datasetId: string, version: number): Promise<Layout> {
    const key = `${datasetId}/${version}`;
    const layout =
      this.#known.get(key) ?? new Layout(await listSegments(this.#db, datasetId, version));
    this.#known.delete(key);
    this.#known.set(key, layout);
    const oldest = this.#known.size > MAX_LAYOUTS ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
    return layout;
  }
}
