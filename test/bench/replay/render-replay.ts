import type { Cell, Section } from "../../report/report.ts";
import { cellText } from "../../report/report.ts";
import { median } from "../table.ts";
import type { Observed } from "./observe.ts";
import { BATCH, BATCH_EVERY_S, BEAT_EVERY_S, WORKERS } from "./plan.ts";
import type { ReplayOptions, Seen } from "./replay.ts";

const TEN_MINUTES_S = 600;

/** The tables of the design's first page and of the report's results, and how failures grow with jobs. */
export function renderReplay(seen: readonly Seen[], options: ReplayOptions): Section[] {
  const jobs = options.jobs.at(-1)!;
  const head = ["figure", ...seen.map(({ name }) => name)];
  return [
    {
      heading: "The figures to beat",
      text: `${jobs} jobs × ${WORKERS} workers; each reads a batch of ${BATCH} samples every ${BATCH_EVERY_S} s and writes its status every ${BEAT_EVERY_S} s, open loop. Medians of ${options.rounds} interleaved rounds of ${options.seconds} s, with the least and the most.`,
      table: { head, rows: mainRows(seen, options) },
    },
    {
      heading: "The report's other results",
      table: { head, rows: otherRows(seen) },
    },
    {
      heading: "More and more jobs",
      plots: [
        rampPlot("Failed tasks", "share", seen, ({ failed, tasks }) => failed / tasks),
        rampPlot("Server connections", "", seen, ({ serverConnections }) => serverConnections),
        rampPlot("Batch p99", "ms", seen, ({ batches }) => batches.p99),
      ],
    },
    {
      heading: "The load generator",
      text: "Its own processor time, of one core, and how late it began what was due: where these are high the figures are its own.",
      table: {
        head,
        rows: [
          row("generator CPU", seen, ({ generatorCpu }) => generatorCpu),
          row("begun late, p99 ms", seen, ({ lagP99 }) => lagP99),
        ],
      },
    },
  ];
}

function mainRows(seen: readonly Seen[], { seconds }: ReplayOptions): Cell[][] {
  return [
    ["concurrent training jobs", ...seen.map(mostJobs)],
    row("mean wait for a connection, ms", seen, ({ waits }) => waits.mean),
    row("peak server connections", seen, ({ serverConnections }) => serverConnections),
    row("training tasks failed, %", seen, ({ failed, tasks }) => (failed / tasks) * 100),
    [
      "indexed look-up",
      ...seen.map(
        ({ cost }) =>
          `${cellText(cost.one.ms)} ms, ${cellText(cost.one.blocks)} blocks, ${cost.one.node}`,
      ),
    ],
    [
      "1,000 samples",
      ...seen.map(
        ({ cost }) =>
          `${cellText(cost.thousand)} ms (${cellText(seen[0]!.cost.thousand / cost.thousand)}×)`,
      ),
    ],
    [
      "PostgreSQL killed",
      ...seen.map(
        ({ killed }) =>
          `${cellText((killed.failed / ((killed.tasks / seconds) * TEN_MINUTES_S)) * 100)} % failed over 10 min`,
      ),
    ],
  ];
}

function otherRows(seen: readonly Seen[]): Cell[][] {
  return [
    row("wait for a connection p50, ms", seen, ({ waits }) => waits.p50),
    row("wait for a connection p99, ms", seen, ({ waits }) => waits.p99),
    row("wait for a connection p99.9, ms", seen, ({ waits }) => waits.p999),
    row("mean wait in PgBouncer, ms", seen, ({ poolerWait }) => poolerWait),
    row("batch p50, ms", seen, ({ batches }) => batches.p50),
    row("batch p99, ms", seen, ({ batches }) => batches.p99),
    row("reuse in PgBouncer, %", seen, ({ reuse }) => reuse * 100),
    row("memory of PostgreSQL, MiB", seen, ({ postgresMib }) => postgresMib),
    row("CPU in the kernel, %", seen, ({ systemShare }) => systemShare * 100),
  ];
}

function row(name: string, seen: readonly Seen[], pick: (window: Observed) => number): Cell[] {
  return [name, ...seen.map(({ windows }) => spread(windows.map(pick)))];
}

function spread(values: readonly number[]): string {
  const [least, middle, most] = [Math.min(...values), median(values), Math.max(...values)];
  return `${cellText(middle)} (${cellText(least)}–${cellText(most)})`;
}

/** The most of those tried up to which no task failed. */
function mostJobs({ ramp }: Seen): Cell {
  let most = 0;
  for (const [jobs, { failed }] of ramp) {
    if (failed > 0) return most === 0 ? `below ${jobs}` : most;
    most = jobs;
  }
  return `${most}, the most tried`;
}

function rampPlot(
  title: string,
  y: string,
  seen: readonly Seen[],
  pick: (window: Observed) => number,
) {
  const lines = seen.map(({ name, ramp }) => ({
    name,
    points: [...ramp].map(([jobs, window]) => [jobs, pick(window)] as const),
  }));
  return { title, x: "jobs", y, lines };
}
