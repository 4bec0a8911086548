// One instance that flushes heartbeats: reads a WriterPlan as JSON from standard input, writes a WriterResult.
import { json } from "node:stream/consumers";
import { coalesceMeter } from "@sluice/coalesce";
import { createRegistry } from "@sluice/telemetry";
import { beatWriter } from "@sluice/training-manager/beat-writer";
import { openTestDatabase } from "../integration/open-database.ts";
import type { Claim } from "../integration/training-project.ts";
import { percentile } from "./table.ts";

export interface WriterPlan {
  readonly projectId: string;
  readonly claims: readonly Claim[];
  readonly worldSize: number;
  /** Callers that each wait for their acknowledgement. */
  readonly clients: number;
  readonly seconds: number;
}

export interface WriterResult {
  /** Acknowledged a second. */
  readonly rate: number;
  readonly p99: number;
  readonly count: number;
  /** Messages of the beats that were not written. */
  readonly failures: readonly string[];
}

async function write(plan: WriterPlan): Promise<WriterResult> {
  await using db = await openTestDatabase("training");
  const submit = beatWriter(db, coalesceMeter(createRegistry("bench"), "heartbeat"));
  const latencies: number[] = [];
  const failures: string[] = [];
  const ranks = plan.claims.length * plan.worldSize;
  const end = performance.now() + plan.seconds * 1_000;
  let beats = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const beat = (beats += 1) % ranks;
      const { id: jobId, fence } = plan.claims[beat % plan.claims.length]!;
      const rank = Math.floor(beat / plan.claims.length);
      const since = performance.now();
      const value = { step: beats, progress: 0.5, message: null, highestRank: rank };
      await submit(plan.projectId, { jobId, ...fence, rank }, value).then(
        () => latencies.push(performance.now() - since),
        (error: unknown) => failures.push(String(error)),
      );
    }
  };
  await Promise.all(Array.from({ length: plan.clients }, client));
  return {
    rate: latencies.length / plan.seconds,
    p99: percentile(latencies, 0.99),
    count: latencies.length,
    failures,
  };
}

const result = await write((await json(process.stdin)) as WriterPlan);
process.stdout.write(JSON.stringify(result), () => process.exit(0));
