// Offers load from a process of its own: reads a LoadPlan as JSON from its standard input, writes a LoadResult.
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import type { LoadPlan, LoadResult } from "./plan.ts";
import { Sender } from "./sender.ts";

/** How long answers may take after the last request was sent. */
const DRAIN_MS = 5_000;

async function generate(plan: LoadPlan): Promise<LoadResult> {
  const senders = plan.flows.map((flow) => new Sender(flow, plan));
  // Clients are there before overload begins: it is not made of the opening of connections.
  for (const sender of senders) await sender.connect();
  const start = performance.now();
  const end = start + plan.seconds * 1_000;
  const cpu = process.cpuUsage();
  for (const sender of senders) sender.start(start);
  while (performance.now() < end) {
    for (const sender of senders) sender.offerDue(performance.now());
    // A timer cannot be finer than a millisecond: what comes due meanwhile is sent together.
    await setTimeout(1);
  }
  const { user, system } = process.cpuUsage(cpu);
  const drained = end + DRAIN_MS;
  while (senders.some(({ pending }) => pending > 0) && performance.now() < drained)
    await setTimeout(10);
  return {
    flows: senders.map((sender) => sender.result()),
    generatorCpu: (user + system) / 1e6 / plan.seconds,
  };
}

const plan = (await json(process.stdin)) as LoadPlan;
process.stdout.write(JSON.stringify(await generate(plan)), () => process.exit(0));
