import { SluiceError } from "@sluice/errors";
import { currentContext, runInContext } from "@sluice/telemetry";
import type { FeatureView } from "./view.ts";

export interface ViewCatalogOptions {
  /** Reads views of a project from the database; names that do not exist are left out. */
  readonly load: (projectId: string, names: readonly string[]) => Promise<FeatureView[]>;
  /** How long another instance's change may stay unseen. @default 5000 */
  readonly ttlMs?: number;
  /** Beyond this the entries loaded longest ago go first. @default 10000 */
  readonly maxViews?: number;
}

type Loading = Promise<FeatureView | undefined>;

/**
 * The definitions of feature views, kept for a few seconds so that a look-up is one statement. What is not known
 * is read at once, in one statement for all names; concurrent callers share that statement.
 */
export class ViewCatalog {
  readonly #load: ViewCatalogOptions["load"];
  readonly #ttlMs: number;
  readonly #maxViews: number;
  readonly #entries = new Map<string, { view: Loading; expiresAt: number }>();

  constructor({ load, ttlMs = 5_000, maxViews = 10_000 }: ViewCatalogOptions) {
    this.#load = load;
    this.#ttlMs = ttlMs;
    this.#maxViews = maxViews;
  }

  /** @throws SluiceError FEATURE_VIEW_NOT_FOUND */
  async get(projectId: string, name: string): Promise<FeatureView> {
    const [view] = await this.getAll(projectId, [name]);
    return view as FeatureView;
  }

  /** Views in the order of `names`. @throws SluiceError FEATURE_VIEW_NOT_FOUND that names all that do not exist. */
  async getAll(projectId: string, names: readonly string[]): Promise<FeatureView[]> {
    const known = names.map((name) => this.#fresh(projectId, name));
    const unknown = names.filter((_name, index) => known[index] === undefined);
    const loading = unknown.length > 0 ? this.#read(projectId, unknown) : new Map<string, Loading>();
    const views = await Promise.all(names.map((name, index) => known[index] ?? loading.get(name)));
    const found = views.filter((view) => view !== undefined);
    if (found.length < names.length) throw notFound(names.filter((_name, index) => views[index] === undefined));
    return found;
  }

  /** Remembers a view that was just written. */
  set(view: FeatureView): void {
    this.#remember(keyOf(view.projectId, view.name), Promise.resolve(view));
  }

  /** Reads the views anew at the next call: done before anybody is told that a feature does not exist. */
  forget(projectId: string, names: readonly string[]): void {
    for (const name of names) this.#entries.delete(keyOf(projectId, name));
  }

  #fresh(projectId: string, name: string): Loading | undefined {
    const entry = this.#entries.get(keyOf(projectId, name));
    return entry !== undefined && entry.expiresAt > performance.now() ? entry.view : undefined;
  }

  /** One statement, in a context without the caller's signal and deadline: others may wait for its result. */
  #read(projectId: string, names: readonly string[]): Map<string, Loading> {
    const requestId = currentContext()?.requestId ?? "view-catalog";
    const rows = runInContext({ requestId }, () => this.#load(projectId, names));
    const byName = rows.then((views) => new Map(views.map((view) => [view.name, view])));
    return new Map(
      names.map((name) => [name, this.#remember(keyOf(projectId, name), byName.then((views) => views.get(name)))]),
    );
  }

  #remember(key: string, view: Loading): Loading {
    this.#entries.delete(key);
    this.#entries.set(key, { view, expiresAt: performance.now() + this.#ttlMs });
    const oldest = this.#entries.size > this.#maxViews ? this.#entries.keys().next().value : undefined;
    if (oldest !== undefined) this.#entries.delete(oldest);
    // Neither a failure nor an absence is remembered: the view may be there a moment later.
    const drop = () => this.#entries.get(key)?.view === view && this.#entries.delete(key);
    view.then((found) => found ?? drop(), drop);
    return view;
  }
}

function keyOf(projectId: string, name: string): string {
  return `${projectId}/${name}`;
}

function notFound(names: readonly string[]): SluiceError {
  const listed = names.map((name) => `"${name}"`).join(", ");
  const detail = `The project has no feature view ${listed}. Make it with PUT …/feature-views/{view}, or correct the name.`;
  return new SluiceError("FEATURE_VIEW_NOT_FOUND", detail, { extra: { feature_views: names } });
}
