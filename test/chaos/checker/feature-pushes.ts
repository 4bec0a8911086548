import { type FeatureProject, featureProject } from "../../integration/feature-project.ts";
import { randomFrom } from "../../trainers/faults.ts";
import type { Bed } from "../bed/bed.ts";
import { type Answered, startLoad } from "../load.ts";
import { type Checker, CLIENT_TIMEOUT_MS } from "./checker.ts";

const ENTITIES = 200;
const ROWS = 5;
/** Event times come out of order by as much. */
const SPREAD = 50;
const VIEW = "v";

/** Entity → event time in seconds, which is the value, too. */
type Batch = ReadonlyMap<string, number>;

/**
 * No look-up ever finds an older event time than was acknowledged before it was sent, nor a value that is of another
 * event time.
 */
export async function checkFeaturePushes(bed: Bed): Promise<Checker> {
  const project = await featureProject();
  await project.makeView(VIEW, { entity: "string" }, { value: "int64" });
  const pushes = new Pushes(project, () => bed.origin("feature-api"));
  await pushes.fill();
  const writing = startLoad(8, (client) => pushes.push(client), 100);
  const reading = startLoad(16, () => pushes.lookUp(pushes.anyEntity()), 100);
  const finish = async (): Promise<readonly string[]> => {
    await Promise.all([writing.stop(), reading.stop()]);
    for (const entity of pushes.entities) await pushes.lookUp(entity);
    return pushes.broken;
  };
  return {
    loads: { "feature pushes": writing, "feature look-ups": reading },
    probes: { "feature-api": () => pushes.lookUp(pushes.anyEntity()) },
    finish,
  };
}

class Pushes {
  readonly broken: string[] = [];
  readonly entities = Array.from({ length: ENTITIES }, (_, index) => `e${index}`);
  readonly #project: FeatureProject;
  readonly #origin: () => string;
  readonly #random = randomFrom(1);
  /** The newest event time of each entity that was acknowledged. */
  readonly #acknowledged = new Map<string, number>();
  /** What each client repeats until it is acknowledged. */
  readonly #pending = new Map<number, Batch>();
  #second = SPREAD;

  constructor(project: FeatureProject, origin: () => string) {
    this.#project = project;
    this.#origin = origin;
  }

  anyEntity(): string {
    return this.entities[Math.floor(this.#random() * ENTITIES)]!;
  }

  /** Every entity gets a first value. */
  async fill(): Promise<void> {
    const batch = new Map(this.entities.map((entity) => [entity, 1]));
    const { status, json } = await this.#send(batch);
    if (status !== 200) throw new Error(`The first push was refused: ${status} ${json().code}`);
  }

  async push(client: number): Promise<Answered> {
    const batch = this.#pending.get(client) ?? this.#nextBatch();
    this.#pending.set(client, batch);
    const answer = await this.#send(batch);
    if (answer.status === 200) this.#pending.delete(client);
    return answer;
  }

  async lookUp(entity: string): Promise<Answered> {
    const floor = this.#acknowledged.get(entity)!;
    const answer = await this.#project.send(
      "GET",
      `/features/${VIEW}/${entity}`,
      undefined,
      this.#options(),
    );
    if (answer.status === 200) this.#judge(entity, floor, answer.text);
    else if (answer.status === 404) this.broken.push(`${entity} is gone, of ${floor}`);
    return answer;
  }

  #judge(entity: string, floor: number, text: string): void {
    const body = JSON.parse(text) as { features: { value: number }; event_timestamp: string };
    const second = Date.parse(body.event_timestamp) / 1_000;
    if (second < floor)
      this.broken.push(`${entity} is of ${second} although ${floor} was acknowledged`);
    if (body.features.value !== second)
      this.broken.push(`${entity} has the value of ${body.features.value} at ${second}`);
  }

  #nextBatch(): Batch {
    const batch = new Map<string, number>();
    for (let row = 0; row < ROWS; row += 1) {
      this.#second += 1;
      batch.set(this.anyEntity(), this.#second - Math.floor(this.#random() * SPREAD));
    }
    return batch;
  }

  async #send(batch: Batch): Promise<Answered> {
    const seconds = [...batch.values()];
    const df = { entity: [...batch.keys()], value: seconds, event_timestamp: seconds };
    const body = { push_source_name: VIEW, df, to: "online" };
    const answer = await this.#project.send("POST", "/push", body, this.#options());
    if (answer.status === 200) this.#remember(batch);
    return answer;
  }

  #remember(batch: Batch): void {
    for (const [entity, second] of batch)
      this.#acknowledged.set(entity, Math.max(second, this.#acknowledged.get(entity) ?? 0));
  }

  #options(): { origin: string; signal: AbortSignal } {
    return { origin: this.#origin(), signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS) };
  }
}
