import fc from "fast-check";
import { expect, test } from "vitest";
import { type FeatureProject, featureProject } from "./feature-project.ts";

const ENTITIES = ["a", "b", "c", "d"];
const WRITERS = 6;

/** One row of a push: the value is the event time, in seconds, so that what is served can be judged by itself. */
interface PushedRow {
  readonly entity: string;
  readonly second: number;
}

const row = fc.record({
  entity: fc.constantFrom(...ENTITIES),
  second: fc.integer({ min: 1, max: 50 }),
});
const pushes = fc.array(fc.array(row, { minLength: 1, maxLength: 6 }), {
  minLength: WRITERS,
  maxLength: 30,
});

async function push(
  project: FeatureProject,
  view: string,
  rows: readonly PushedRow[],
): Promise<void> {
  const df = {
    entity: rows.map(({ entity }) => entity),
    value: rows.map(({ second }) => second),
    event_timestamp: rows.map(({ second }) => second),
  };
  const { status } = await project.send("POST", "/push", {
    push_source_name: view,
    df,
    to: "online",
  });
  expect(status).toBe(200);
}

/** The value of an entity that is served now; 0 when there is none. Value and event time always belong together. */
async function served(project: FeatureProject, view: string, entity: string): Promise<number> {
  const { status, text } = await project.send("GET", `/features/${view}/${entity}`);
  if (status === 404) return 0;
  const { features, event_timestamp } = JSON.parse(text) as {
    features: { value: number };
    event_timestamp: string;
  };
  expect(Date.parse(event_timestamp) / 1_000).toBe(features.value);
  return features.value;
}

test("whatever is pushed, repeated and interleaved, an entity never goes back in time and ends with its newest", async () => {
  const project = await featureProject();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(pushes, async (batches) => {
      const view = `v${(run += 1)}`;
      await project.makeView(view, { entity: "string" }, { value: "int64" });
      const seen = new Map<string, number>();
      const look = async (entity: string): Promise<void> => {
        const value = await served(project, view, entity);
        expect(value).toBeGreaterThanOrEqual(seen.get(entity) ?? 0);
        seen.set(entity, value);
      };
      // Every batch is pushed twice, the second time by another writer, as a client that got no answer would.
      const queues = [...batches, ...batches];
      const writers = Array.from({ length: WRITERS }, async () => {
        for (let batch = queues.shift(); batch !== undefined; batch = queues.shift()) {
          await push(project, view, batch);
        }
      });
      const written = Promise.all(writers);
      for (let round = 0; round < 5; round += 1) for (const entity of ENTITIES) await look(entity);
      await written;
      for (const entity of ENTITIES) {
        const times = batches
          .flat()
          .filter((each) => each.entity === entity)
          .map(({ second }) => second);
        expect(await served(project, view, entity)).toBe(Math.max(0, ...times));
      }
    }),
    { numRuns: 20 },
  );
});
