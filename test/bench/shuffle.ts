import { openOrder, type Order } from "@sluice/shuffle";
import { interleave, type Measurement } from "./interleaved.ts";
import { median, percentile, renderRows } from "./table.ts";

const SAMPLES = 3_000_000;
/** Positions of one slice, as a loader asks for them. */
const SLICE = 1_000;
const SEEDING = { seed: 7n, epoch: 0 };

/** What an epoch of positions costs: against an array of all ordinals that is shuffled once, then read. */
export async function benchShuffle(rounds: number): Promise<string> {
  const full = openOrder({ samples: SAMPLES, shuffle: "full", ...SEEDING });
  const block = openOrder({ samples: SAMPLES, shuffle: "block", blockSize: 1_000, ...SEEDING });
  const scattered = Float64Array.from({ length: SAMPLES }, (_, index) => full.ordinalAt(index));
  const measured = await interleave(
    [
      variant("Fisher–Yates, whole array", () => fisherYates(SAMPLES)),
      variant("full: slices of 1,000", () => slices(full)),
      variant("full: ordinal → position", () => positions(full, scattered)),
      variant("block of 1,000: slices of 1,000", () => slices(block)),
      variant("block of 1,000: ordinal → position, in order", () => positions(block)),
      variant("block of 1,000: ordinal → position, scattered", () => positions(block, scattered)),
    ],
    { rounds, iterations: 1, clients: 1 },
  );
  return [table(measured), await firstSlice(rounds)].join("\n");
}

function variant(name: string, run: () => unknown): { name: string; run: () => Promise<unknown> } {
  return { name, run: async () => run() };
}

function fisherYates(samples: number): Float64Array {
  const ordinals = new Float64Array(samples).map((_, index) => index);
  for (let last = samples - 1; last > 0; last -= 1) {
    const chosen = Math.floor(Math.random() * (last + 1));
    const moved = ordinals[last]!;
    ordinals[last] = ordinals[chosen]!;
    ordinals[chosen] = moved;
  }
  return ordinals;
}

function slices(order: Order): number {
  let sum = 0;
  for (let from = 0; from < SAMPLES; from += SLICE) sum += order.ordinals(from, from + SLICE)[0]!;
  return sum;
}

function positions(order: Order, ordinals?: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < SAMPLES; index += 1)
    sum += order.positionOf(ordinals?.[index] ?? index);
  return sum;
}

function table(measured: readonly Measurement[]): string {
  const head = ["", "million positions/s (min–max)", "ratio", "CPU ns a position", "rounds"];
  const base = median(measured[0]!.rates);
  const millions = (epochs: number): string => ((epochs * SAMPLES) / 1e6).toFixed(1);
  const rows = measured.map(({ name, rates, cpu }) => [
    name,
    `${millions(median(rates))} (${millions(Math.min(...rates))}–${millions(Math.max(...rates))})`,
    (median(rates) / base).toFixed(2),
    ((median(cpu) * 1_000) / SAMPLES).toFixed(0),
    String(rates.length),
  ]);
  return renderRows(`An epoch of ${SAMPLES.toLocaleString("en")} positions, one core`, head, rows);
}

/** From nothing to the ordinals of one slice in the middle of an epoch, and what is held for it. */
async function firstSlice(rounds: number): Promise<string> {
  const middle = SAMPLES / 2;
  const measured = await interleave(
    [
      variant("Fisher–Yates", () => fisherYates(SAMPLES).slice(middle, middle + SLICE)),
      variant("full", () =>
        openOrder({ samples: SAMPLES, shuffle: "full", ...SEEDING }).ordinals(
          middle,
          middle + SLICE,
        ),
      ),
    ],
    { rounds, iterations: 20, clients: 1 },
  );
  const held = [`${((SAMPLES * 8) / 1e6).toFixed(0)} MB`, "under 1 kB"];
  const rows = measured.map(({ name, latencies }, index) => [
    name,
    percentile(latencies, 0.5).toFixed(3),
    percentile(latencies, 0.99).toFixed(3),
    held[index]!,
    String(latencies.length),
  ]);
  return renderRows(
    "A resume: the first slice of 1,000",
    ["", "p50 ms", "p99 ms", "held", "samples"],
    rows,
  );
}
