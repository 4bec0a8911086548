/** One way to do the thing that is measured. */
export interface Variant {
  readonly name: string;
  readonly run: (iteration: number) => Promise<unknown>;
}

export interface Plan {
  /** Rounds in which every variant has its turn; the first is a warm-up and not counted. */
  readonly rounds: number;
  readonly iterations: number;
  readonly clients: number;
}

/** What a variant did, over the counted rounds. */
export interface Measurement {
  readonly name: string;
  /** Operations a second, one figure a round. */
  readonly rates: readonly number[];
  /** Milliseconds of each operation. */
  readonly latencies: readonly number[];
  /** Microseconds of this process's CPU an operation, one figure a round. */
  readonly cpu: readonly number[];
}

/**
 * Runs the variants in turns, so that whatever else the machine does hits all of them alike.
 */
export async function interleave(variants: readonly Variant[], plan: Plan): Promise<Measurement[]> {
  const results = variants.map(({ name }) => ({
    name,
    rates: [] as number[],
    latencies: [] as number[],
    cpu: [] as number[],
  }));
  for (let round = 0; round <= plan.rounds; round += 1) {
    for (const [index, variant] of variants.entries()) {
      const latencies: number[] = [];
      const cpuBefore = process.cpuUsage();
      const start = performance.now();
      await Promise.all(
        Array.from({ length: plan.clients }, () => client(variant, plan, latencies)),
      );
      const tookMs = performance.now() - start;
      const { user, system } = process.cpuUsage(cpuBefore);
      if (round === 0) continue;
      const result = results[index]!;
      result.rates.push((latencies.length / tookMs) * 1_000);
      result.cpu.push((user + system) / latencies.length);
      result.latencies.push(...latencies);
    }
  }
  return results;
}

async function client(
  { run }: Variant,
  { iterations, clients }: Plan,
  latencies: number[],
): Promise<void> {
  for (let iteration = 0; iteration < iterations / clients; iteration += 1) {
    const start = performance.now();
    await run(iteration);
    latencies.push(performance.now() - start);
  }
}
