import { AlertPage } from "@sluice/ops/alerts/schemas";
import { AuditPage } from "@sluice/ops/audit/schemas";
import { BudgetAnswer } from "@sluice/ops/budget/schemas";
import {
  CacheAnswer,
  ConnectionsAnswer,
  IndexesAnswer,
  LocksAnswer,
  SourcesAnswer,
  StatementsAnswer,
  TablesAnswer,
} from "@sluice/ops/database/schemas";
import { GatesAnswer } from "@sluice/ops/gates/schemas";
import { PoolsAnswer } from "@sluice/ops/pools/schemas";
import { SystemAnswer } from "@sluice/ops/system/schemas";
import type { Static } from "typebox";
import { readOps } from "./ops-api.ts";

/** What ops answers of each layer, by the name in its path. */
const ANSWERS = {
  system: SystemAnswer,
  connections: ConnectionsAnswer,
  sources: SourcesAnswer,
  locks: LocksAnswer,
  statements: StatementsAnswer,
  cache: CacheAnswer,
  indexes: IndexesAnswer,
  tables: TablesAnswer,
  pools: PoolsAnswer,
  gates: GatesAnswer,
  budget: BudgetAnswer,
  alerts: AlertPage,
  "audit-log": AuditPage,
};

export type Layer = keyof typeof ANSWERS;

export const LAYERS = Object.keys(ANSWERS) as Layer[];

/** What was last seen of a layer. @param query e.g. `?limit=3` */
export function look<L extends Layer>(layer: L, query = ""): Promise<Static<(typeof ANSWERS)[L]>> {
  return readOps(ANSWERS[layer], `/v1/ops/${layer}${query}`);
}
