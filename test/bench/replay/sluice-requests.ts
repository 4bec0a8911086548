import { vacuumSamples } from "@sluice/testing";
import type postgres from "postgres";
import { type DataProject, dataProject } from "../../integration/data-project.ts";
import { heartbeats, stepsOf } from "../../soak/flows.ts";
import { BATCH } from "./plan.ts";

/** Whole requests of trainers and loaders, for the same work as the SQL workers'. */
export interface SluiceRequests {
  /** One of each rank of 120 jobs. */
  readonly beats: readonly string[];
  /** Batches in shuffled order. */
  readonly batches: readonly string[];
  readonly project: DataProject;
  readonly samples: number;
}

export async function sluiceRequests(
  superuser: postgres.Sql,
  samples: number,
): Promise<SluiceRequests> {
  const project = await dataProject();
  await project.makeVersion({ version: 1, prefix: "s", segments: [samples] });
  await vacuumSamples(superuser);
  const beats = await heartbeats();
  const batches = await stepsOf(project, { batchSize: BATCH, worldSize: 1 });
  return {
    beats: beats.flows[0]!.requests,
    batches: batches.flows[0]!.requests,
    project,
    samples,
  };
}
