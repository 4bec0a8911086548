import { currentContext, runInContext } from "@sluice/telemetry";
import type { Queryable } from "../data-loader.ts";
import { Layout } from "./layout.ts";
import { Mask } from "./mask.ts";
import { listMasks, listSegments } from "./queries.ts";
import { requireSealedState } from "./version.ts";

/** Most take a few hundred bytes a segment; a selection an eighth of a byte for each row of its source. */
const MAX_LAYOUTS = 1_000;
const MAX_BYTES = 128 * 1024 * 1024;

/** @throws SluiceError VERSION_NOT_FOUND, VERSION_NOT_SEALED, VERSION_DELETED */
export async function readLayout(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<Layout> {
  const { state, segments } = await listSegments(db, datasetId, version);
  requireSealedState(version, state);
  const selections = segments.filter(({ source_segment_id }) => source_segment_id !== null);
  const masks = new Map<string, Mask>();
  if (selections.length > 0) {
    const ids = selections.map(({ segment_id }) => segment_id);
    for (const { segment_id, bits } of await listMasks(db, datasetId, ids))
      masks.set(segment_id, new Mask(bits));
  }
  return new Layout(segments, masks);
}

/** The layouts of sealed versions, read once: they never change. The ones used longest ago are dropped. */
export class Layouts {
  readonly #db: Queryable;
  readonly #known = new Map<string, { readonly layout: Promise<Layout>; bytes: number }>();
  #bytes = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * The layout of a sealed version. Who asks while it is being read shares the reading. One that is known stays known
   * when its version is deleted: whoever reads rows by it looks at the state too.
   * @throws as `readLayout`
   */
  of(datasetId: string, version: number): Promise<Layout> {
    const key = `${datasetId}/${version}`;
    const known = this.#known.get(key);
    if (known === undefined) return this.#read(key, datasetId, version);
    this.#known.delete(key);
    this.#known.set(key, known);
    return known.layout;
  }

  #read(key: string, datasetId: string, version: number): Promise<Layout> {
    // Without the signal of the one who happened to come first: others wait too.
    const { requestId = "layouts", span } = currentContext() ?? {};
    const layout = runInContext({ requestId, span }, () =>
      readLayout(this.#db, datasetId, version),
    );
    const entry = { layout, bytes: 0 };
    this.#known.set(key, entry);
    layout.then(
      ({ bytes }) => {
        entry.bytes = bytes;
        this.#bytes += bytes;
        this.#shrink();
      },
      () => this.#known.delete(key),
    );
    return layout;
  }

  #shrink(): void {
    for (const [key, { bytes }] of this.#known) {
      if (this.#known.size <= 1) return;
      if (this.#known.size <= MAX_LAYOUTS && this.#bytes <= MAX_BYTES) return;
      this.#known.delete(key);
      this.#bytes -= bytes;
    }
  }
}
