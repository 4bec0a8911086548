import { percentile } from "../bench/table.ts";
import type { Cell, Plot, Report, Section } from "../report/report.ts";
import { slopeOf } from "./slope.ts";
import type { Window } from "./window.ts";

/** A series that grows by less than this share of its median over the whole soak is flat. */
const FLAT = 0.1;

/** The first windows warm caches, pools and compiled code up: they are shown, and left out of slopes. */
const WARM_UP = 0.25;

export function soakReport(windows: readonly Window[], conditions: Report["conditions"]): Report {
  return {
    title: "Soak",
    conditions,
    sections: [flowsOf(windows), connectionsOf(windows), hotOf(windows), driftOf(windows)],
  };
}

function flowsOf(windows: readonly Window[]): Section {
  const names = windows[0]!.flows.map(({ name }) => name);
  const rows = names.map((name, index): Cell[] => {
    const results = windows.map(({ flows }) => flows[index]!);
    const sum = (pick: (result: (typeof results)[number]) => number): number =>
      results.reduce((total, result) => total + pick(result), 0);
    const seconds = sum((result) => result.seconds);
    const p99 = results.map(({ answered }) => answered.p99);
    return [
      name,
      sum((result) => result.offered) / seconds,
      sum((result) => result.answered.count) / seconds,
      sum((result) => result.refused.count),
      sum((result) => result.failed),
      percentile(
        results.map(({ answered }) => answered.p50),
        0.5,
      ),
      percentile(p99, 0.5),
      Math.max(...p99),
      Math.max(...results.map(({ lag }) => lag.p99)),
    ];
  });
  const cpu = percentile(
    windows.map(({ generatorCpu }) => generatorCpu),
    0.5,
  );
  return {
    heading: "Load",
    text: `Open loop, Poisson arrivals; times run from the moment at which a request was due. All generators took ${cpu.toFixed(2)} of one core.`,
    table: {
      head: [
        "",
        "offered/s",
        "answered/s",
        "refused",
        "failed",
        "p50 ms",
        "p99 ms, median window",
        "p99 ms, worst window",
        "sent late p99 ms",
      ],
      rows,
    },
    plots: [
      plotOf(
        "p99 of each window",
        "ms",
        windows,
        names.map((name, index) => [name, (window) => window.flows[index]!.answered.p99]),
      ),
    ],
  };
}

function connectionsOf(windows: readonly Window[]): Section {
  const roles = [
    ...new Set(windows.flatMap(({ connections }) => [...connections.keys()])),
  ].toSorted();
  const most = (role: string): number =>
    Math.max(...windows.map(({ connections }) => connections.get(role) ?? 0));
  return {
    heading: "Server connections",
    text: "The most at any sample of 100 ms.",
    table: { head: ["role", "most"], rows: roles.map((role) => [role, most(role)]) },
  };
}

function hotOf(windows: readonly Window[]): Section {
  const [first, last] = [windows[0]!.gauges, windows.at(-1)!.gauges];
  const names = Object.keys(last)
    .filter((name) => name.endsWith(" HOT updates"))
    .map((name) => name.slice(0, -" HOT updates".length));
  const grown = (name: string): number => (last[name] ?? 0) - (first[name] ?? 0);
  const rows = names
    .map((name): [string, number, number] => [
      name,
      grown(`${name} updates`),
      grown(`${name} HOT updates`),
    ])
    .filter(([, updates]) => updates > 0)
    .map(([name, updates, hot]): Cell[] => [name, updates, hot / updates]);
  return {
    heading: "Updates that touched no index",
    table: { head: ["table", "updates", "HOT share"], rows },
  };
}

function driftOf(windows: readonly Window[]): Section {
  const settled = windows.slice(Math.floor(windows.length * WARM_UP));
  const minutes = settled.at(-1)!.minute - settled[0]!.minute;
  const series = seriesOf(windows[0]!);
  const rows = series.map(([name, pick]): Cell[] => {
    const values = settled.map(pick);
    const growth =
      slopeOf(settled.map((window) => [window.minute, pick(window)] as const)) * minutes;
    const middle = percentile(values, 0.5);
    const share = middle === 0 ? 0 : growth / middle;
    return [
      name,
      values[0] as number,
      values.at(-1) as number,
      growth,
      share > FLAT ? "grows" : "flat",
    ];
  });
  return {
    heading: "Drift",
    text: `Theil–Sen slope over the last ${minutes.toFixed(1)} min; flat: it grew by less than ${FLAT * 100} % of its median.`,
    table: { head: ["", "first", "last", "growth", "verdict"], rows },
    plots: [
      plotOf(
        "Memory",
        "MiB",
        windows,
        series.filter(([name]) => /^[^.]* MiB$/.test(name)),
      ),
      plotOf(
        "Tables and indexes",
        "MiB",
        windows,
        series.filter(([name]) => /\..* MiB$/.test(name)),
      ),
      plotOf(
        "Open files",
        "",
        windows,
        series.filter(([name]) => name.endsWith(" files")),
      ),
    ],
  };
}

type Series = readonly [name: string, pick: (window: Window) => number];

/** All that must not creep upwards. */
function seriesOf({ flows, gauges }: Window): Series[] {
  const latencies = flows.map(({ name }, index): Series => [
    `${name} p99 ms`,
    (window) => window.flows[index]!.answered.p99,
  ]);
  const sizes = Object.keys(gauges)
    .filter((name) => !name.endsWith("updates"))
    .map((name): Series => [name, (window) => window.gauges[name] ?? Number.NaN]);
  return [...latencies, ...sizes];
}

function plotOf(
  title: string,
  y: string,
  windows: readonly Window[],
  series: readonly Series[],
): Plot {
  const lines = series.map(([name, pick]) => ({
    name,
    points: windows.map((window) => [window.minute, pick(window)] as const),
  }));
  return { title, x: "minutes", y, lines };
}
