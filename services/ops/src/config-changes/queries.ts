import type { Database } from "@sluice/db";
import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { Counters } from "./counters.ts";
import type { Figures, Target } from "./settings.ts";

export type Queryable = Pick<Database<unknown>, "run">;

export const STATES = [
  "pending",
  "measuring",
  "trying",
  "rolled_out",
  "rolled_back",
  "failed",
] as const;
export type State = (typeof STATES)[number];

/** What was counted up to a moment, and in the windows before it and while the change was tried. */
export type Evidence = {
  readonly mark: Counters;
  readonly before?: Counters;
  readonly during?: Counters;
};

export interface ConfigChange {
  readonly id: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly state: State;
  readonly author: string;
  readonly reason: string;
  readonly expected_effect: string;
  readonly rollback: string;
  readonly window_seconds: number;
  readonly target: Target;
  readonly settings: Figures;
  readonly previous: Figures | null;
  readonly canary: string | null;
  readonly evidence: Evidence | null;
  readonly detail: string | null;
}

/** A change that has not ended, as its runner needs it. */
export interface OpenChange extends ConfigChange {
  readonly term: string | null;
  /** Since the step that it is in began. */
  readonly elapsed_seconds: number;
}

const COLUMNS = sql`
  change_id as id, created_at, started_at, finished_at, state, author, reason, expected_effect, rollback,
  window_seconds, target, settings, previous, canary, evidence, detail`;
const OPEN = sql`state in ('pending', 'measuring', 'trying')`;

export type NewChange = Pick<
  ConfigChange,
  "author" | "reason" | "expected_effect" | "rollback" | "window_seconds" | "target" | "settings"
>;

/** @throws PostgresError 23505 while another one is open */
export async function insertChange(db: Queryable, change: NewChange): Promise<ConfigChange> {
  const query = sql<ConfigChange>`
    insert into ops.config_changes (author, reason, expected_effect, rollback, window_seconds, target, settings)
    values (${change.author}, ${change.reason}, ${change.expected_effect}, ${change.rollback},
      ${change.window_seconds}::int, ${JSON.stringify(change.target)}::jsonb, ${JSON.stringify(change.settings)}::jsonb)
    returning ${COLUMNS}`;
  const [row] = await db.run("ops.insert_config_change", query);
  return row!;
}

export async function findChange(db: Queryable, id: string): Promise<ConfigChange | undefined> {
  const query = sql<ConfigChange>`
    select ${COLUMNS} from ops.config_changes where change_id = ${id}::bigint`;
  const [row] = await db.run("ops.find_config_change", query, { idempotent: true });
  return row;
}

/** The change that is being tried, or waits for it. */
export async function findOpenChange(db: Queryable): Promise<OpenChange | undefined> {
  const query = sql<OpenChange>`
    select ${COLUMNS}, term, extract(epoch from now() - coalesce(started_at, created_at))::float8 as elapsed_seconds
    from ops.config_changes where ${OPEN}`;
  const [row] = await db.run("ops.find_open_config_change", query, { idempotent: true });
  return row;
}

/** The newest first. */
export function listChangesPage(
  db: Queryable,
  { after, rows }: KeysetPage,
): Promise<ConfigChange[]> {
  const before = after === "" ? sql`true` : sql`change_id < ${after}::bigint`;
  const query = sql<ConfigChange>`
    select ${COLUMNS} from ops.config_changes where ${before} order by change_id desc limit ${rows}::int`;
  return db.run("ops.list_config_changes", query, { idempotent: true });
}

/** What a step of a change writes; what is left out stays. */
export interface Progress {
  readonly state: State;
  readonly term: number;
  readonly previous?: Figures;
  readonly canary?: string;
  readonly evidence?: Evidence;
  readonly detail?: string;
}

/** Goes on with a change that is in the state `from`: a compare-and-set, so that no step is done twice. */
export async function moveChange(
  db: Queryable,
  id: string,
  from: State,
  to: Progress,
): Promise<void> {
  const ends = to.state === "rolled_out" || to.state === "rolled_back" || to.state === "failed";
  const query = sql`
    update ops.config_changes set
      state = ${to.state}, term = ${to.term}::bigint,
      started_at = case when ${ends || to.state === from}::boolean then started_at else now() end,
      finished_at = case when ${ends}::boolean then now() end,
      previous = coalesce(${json(to.previous)}::jsonb, previous),
      canary = coalesce(${to.canary ?? null}::text, canary),
      evidence = coalesce(${json(to.evidence)}::jsonb, evidence),
      detail = coalesce(${to.detail ?? null}::text, detail)
    where change_id = ${id}::bigint and state = ${from}`;
  await db.run("ops.move_config_change", query, { idempotent: true });
}

export interface GateSettingsRow {
  readonly service: string;
  readonly pool: string;
  readonly settings: Figures;
  /** What the profile said of the same settings. */
  readonly configured: Figures;
}

/** Makes settings of a gate last. */
export async function keepGateSettings(
  db: Queryable,
  changeId: string,
  { service, pool, settings, configured }: GateSettingsRow,
): Promise<void> {
  const query = sql`
    insert into ops.gate_settings as kept (service, pool, settings, configured, change_id)
    values (${service}, ${pool}, ${JSON.stringify(settings)}::jsonb, ${JSON.stringify(configured)}::jsonb,
      ${changeId}::bigint)
    on conflict (service, pool) do update set settings = kept.settings || excluded.settings,
      configured = kept.configured || excluded.configured, change_id = excluded.change_id`;
  await db.run("ops.keep_gate_settings", query, { idempotent: true });
}

export function listGateSettings(db: Queryable): Promise<GateSettingsRow[]> {
  const query = sql<GateSettingsRow>`select service, pool, settings, configured from ops.gate_settings`;
  return db.run("ops.list_gate_settings", query, { idempotent: true });
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
