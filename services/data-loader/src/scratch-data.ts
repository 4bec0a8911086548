import { openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import postgres from "postgres";

/** For tests: a PostgreSQL of one's own with a project and an empty dataset in it. */
export interface ScratchData {
  /** As the services of the workload see it. */
  readonly db: ScratchDatabase["db"];
  /** Who may look at everything, explain and analyze. */
  readonly superuser: postgres.Sql;
  readonly datasetId: string;
  stop(): Promise<void>;
}

export async function openScratchData(
  workload: "sample" | "import" = "sample",
): Promise<ScratchData> {
  const scratch = await openScratchDatabase(workload);
  const superuser = postgres(scratch.superuserUrl, { max: 2, onnotice: () => {} });
  const [dataset] = await superuser<{ dataset_id: string }[]>`
    with tenant as (insert into auth.tenants (name) values ('scratch') returning tenant_id),
    project as (
      insert into auth.projects (tenant_id, name) select tenant_id, 'scratch' from tenant returning project_id
    )
    insert into data.datasets (project_id, name, versions) select project_id, 'scratch', 0 from project
    returning dataset_id`;
  const stop = async (): Promise<void> => {
    await superuser.end();
    await scratch.stop();
  };
  return { db: scratch.db, superuser, datasetId: dataset!.dataset_id, stop };
}
