import { type PgbouncerVersion, OLDEST_PGBOUNCER, isAtLeast } from "@sluice/pgbouncer";
import type { Check, Fault } from "../check.ts";

/** Since 1.21 PgBouncer keeps prepared statements in transaction mode. */
const FIRST_PREPARING: PgbouncerVersion = { major: 1, minor: 21 };

export const preparedStatements: Check = {
  code: "PREPARED_STATEMENTS",
  why: "A release before 1.18 lacks what Sluice relies on; from 1.21 on, without max_prepared_statements, every statement is parsed each time.",
  async find({ console }) {
    const config = await console.show("config");
    const limit = config.find(({ key }) => key === "max_prepared_statements")?.value ?? "0";
    return judgePooler(await console.version(), Number(limit));
  },
};

/** What is wrong with a release and its limit of prepared statements. */
export function judgePooler(version: PgbouncerVersion, maxPreparedStatements: number): Fault[] {
  const release = `${version.major}.${version.minor}`;
  if (!isAtLeast(version, OLDEST_PGBOUNCER)) {
    const oldest = `${OLDEST_PGBOUNCER.major}.${OLDEST_PGBOUNCER.minor}`;
    return [{ what: `PgBouncer is ${release}.`, todo: `Install ${oldest} or newer.` }];
  }
  if (!isAtLeast(version, FIRST_PREPARING) || maxPreparedStatements > 0) return [];
  return [
    {
      what: `PgBouncer ${release} can keep prepared statements, and max_prepared_statements is 0.`,
      todo: "Set max_prepared_statements in workloads.yaml, render pgbouncer.ini, RELOAD, and restart the services.",
    },
  ];
}
