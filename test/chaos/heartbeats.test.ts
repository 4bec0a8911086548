import { PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack } from "@sluice/testing";
import { expect, test } from "vitest";
import {
  type Claim,
  type TrainingProject,
  trainingProject,
} from "../integration/training-project.ts";
import { until } from "../integration/until.ts";

/** Seconds; the service itself adds 3 s for outages that nobody noticed. */
const TIMEOUT = 1;
/** Longer than any rank may be silent. */
const OUTAGE_MS = (TIMEOUT + 3 + 1) * 1_000;
const JOBS = 4;
const WORLD_SIZE = 4;
const BEAT_MS = 200;

/** A trainer that beats for all of its ranks until it is told to stop, whatever the service answers. */
interface Trainer {
  readonly claim: Claim;
  /** Answers that were heartbeats taken. */
  taken: number;
  stop(): Promise<void>;
}

async function startTrainer(project: TrainingProject): Promise<Trainer> {
  await project.createJob({ world_size: WORLD_SIZE, heartbeat_timeout_seconds: TIMEOUT });
  const claim = await project.claim();
  let running = true;
  const loop = async (): Promise<void> => {
    while (running) {
      trainer.taken += Number(await beat(project, claim));
      await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
    }
  };
  const trainer: Trainer = { claim, taken: 0, stop: () => ((running = false), ended) };
  const ended = loop();
  return trainer;
}

async function beat(project: TrainingProject, { id, fence }: Claim): Promise<boolean> {
  const beats = Array.from({ length: WORLD_SIZE }, (_, rank) => ({ rank }));
  const options = { signal: AbortSignal.timeout(5_000) };
  return project
    .send("POST", `/jobs/${id}/heartbeats`, { ...fence, beats }, options)
    .then(({ status }) => status === 200)
    .catch(() => false); // the service is away, as it is meant to be
}

async function reasonOf(project: TrainingProject, { id }: Claim): Promise<string> {
  return project
    .send("GET", `/jobs/${id}`)
    .then(({ status, json }) => (status === 200 ? json().reason : `answered ${status}`))
    .catch(() => "no answer"); // the service is being started again
}

const OUTAGES: Readonly<Record<string, () => Promise<void>>> = {
  "PgBouncer pauses": pausePooler,
  "the service freezes": () => freezeService("SIGCONT"),
  "the service freezes and is then killed": () => freezeService("SIGKILL"),
};

async function pausePooler(): Promise<void> {
  const pooler = new PgbouncerConsole({ url: readStack().pgbouncer.admin_url });
  try {
    await pooler.pause("sluice_training");
    await pass(OUTAGE_MS);
  } finally {
    await pooler.resume("sluice_training");
    await pooler.close();
  }
}

/** Stops the process where it stands for the outage, and then lets it go on or kills it. */
async function freezeService(then: "SIGCONT" | "SIGKILL"): Promise<void> {
  const { pid } = readStack().services["training-manager"]!;
  process.kill(pid, "SIGSTOP");
  await pass(OUTAGE_MS);
  process.kill(pid, then);
}

/** An outage is as long as it is; nothing tells that it has lasted. */
async function pass(milliseconds: number): Promise<void> {
  const endsAt = performance.now() + milliseconds;
  await until("the time passes", () => performance.now() >= endsAt, milliseconds * 2);
}

test.each(Object.entries(OUTAGES))(
  "%s, away for longer than a rank may be silent: nobody is taken for lost but who is",
  async (_what, outage) => {
    const project = await trainingProject();
    const trainers = await Promise.all(Array.from({ length: JOBS }, () => startTrainer(project)));
    const silent = await startTrainer(project);
    await until("all beat", () => [...trainers, silent].every(({ taken }) => taken > 2), 30_000);
    await silent.stop();
    await outage();
    const before = trainers.map(({ taken }) => taken);
    // By then the sweeper has looked at all of them, with enough of the time that it counts.
    await until(
      "the silent one is found",
      async () => (await reasonOf(project, silent.claim)) === "lost",
      60_000,
    );
    await until(
      "the others beat on",
      () => trainers.every(({ taken }, index) => taken > before[index]! + 10),
      30_000,
    );
    for (const { claim } of trainers) expect(await reasonOf(project, claim)).toBe("claimed");
    for (const trainer of trainers) await trainer.stop();
  },
);
