import { SluiceError } from "@sluice/errors";
import { MAX_LISTED } from "../faults.ts";
import type { FeatureView } from "../views/view.ts";
import type { Queryable } from "../views/queries.ts";
import type { ViewCatalog } from "../views/view-catalog.ts";
import { type Frame, parseFrame, unknownColumns } from "./frame.ts";
import { newestRows } from "./newest-rows.ts";
import { upsertRows } from "./queries.ts";

export interface PushResult {
  /** Rows of the request. */
  readonly rows: number;
  /** Entities whose values were written. */
  readonly written: number;
  /** Entities whose stored values have a newer event time, which therefore stayed. */
  readonly outdated: number;
}

/**
 * Writes a frame to a view in one statement, all of it or nothing.
 * @throws SluiceError FEATURE_VIEW_NOT_FOUND, UNKNOWN_FEATURE, TOO_MANY_ROWS, VALIDATION_FAILED
 */
export async function push(
  db: Queryable,
  catalog: ViewCatalog,
  projectId: string,
  viewName: string,
  frame: Frame,
): Promise<PushResult> {
  const view = await viewOfFrame(catalog, projectId, viewName, frame);
  const rows = parseFrame(view, frame);
  const newest = newestRows(rows);
  const written = newest.length > 0 ? await upsertRows(db, view, newest) : 0;
  return { rows: rows.length, written, outdated: newest.length - written };
}

/** The view; a column that the catalog does not know is looked for in the database before it is refused. */
async function viewOfFrame(
  catalog: ViewCatalog,
  projectId: string,
  name: string,
  frame: Frame,
): Promise<FeatureView> {
  const known = await catalog.get(projectId, name);
  if (unknownColumns(known, frame).length === 0) return known;
  catalog.forget(projectId, [name]);
  const view = await catalog.get(projectId, name);
  const columns = unknownColumns(view, frame).slice(0, MAX_LISTED);
  if (columns.length === 0) return view;
  const detail = `Feature view "${name}" has no column ${columns.join(", ")}. Add it with PUT …/feature-views/${name}, or leave it out.`;
  throw new SluiceError("UNKNOWN_FEATURE", detail, { extra: { columns } });
}
