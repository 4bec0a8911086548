import { percentile } from "../bench/table.ts";
import type { Cell, Plot, Report, Section } from "../report/report.ts";
import { connectionBudget } from "./connection-watch.ts";
import { FAULTS } from "./faults/table.ts";
import type { Finding } from "./finding.ts";
import type { Round } from "./round.ts";

const TEN_MINUTES_S = 600;

const NOT_RUN =
  "Not run: a full disk under PostgreSQL (the data directory would need a small file system of its own, which a local stack cannot mount) and jumps of the clock (which would be the host's).";

export function chaosReport(rounds: readonly Round[], conditions: Report["conditions"]): Report {
  const findings = rounds.flatMap((round) => round.findings);
  return {
    title: "Chaos",
    conditions,
    sections: [promises(rounds), faults(findings), load(rounds), ...plots(findings)],
  };
}

/** Every way in which a promise was broken. */
export function brokenIn(rounds: readonly Round[]): string[] {
  const struck = rounds.flatMap(({ findings }) =>
    findings.flatMap(({ fault, round, broken }) =>
      broken.map((what) => `round ${round}, ${fault}: ${what}`),
    ),
  );
  const kept = rounds.flatMap(({ broken }, index) =>
    Object.entries(broken).flatMap(([promise, all]) =>
      all.map((what) => `round ${index + 1}, ${promise}: ${what}`),
    ),
  );
  return [...struck, ...kept];
}

function promises(rounds: readonly Round[]): Section {
  const broken = brokenIn(rounds);
  const strikes = rounds.reduce((sum, { findings }) => sum + findings.length, 0);
  const verdict =
    broken.length === 0
      ? `${strikes} faults, and every promise was kept.`
      : `${strikes} faults, and promises were broken:`;
  return {
    heading: "Promises",
    text: `${verdict}\n\n${NOT_RUN}`,
    ...(broken.length === 0
      ? {}
      : { table: { head: ["broken"], rows: broken.map((what) => [what]) } }),
  };
}

function faults(findings: readonly Finding[]): Section {
  const byFault = Map.groupBy(findings, ({ fault }) => fault);
  const rows = FAULTS.flatMap(({ name }) => {
    const found = byFault.get(name);
    return found === undefined ? [] : [rowOf(name, found)];
  });
  return {
    heading: "Faults",
    text: `Medians over the rounds, and worst where it says so. Times run from the moment at which what was struck accepted again, or the link passed again, to: the first success of anybody; that of the service that came last; and the first second with 95 % of the successes before. For the first two, a probe of each service comes back every 20 ms whatever it is told; it counts in no other figure. Failed: of the requests that ended between the strike and the next fault, and as a share of ten minutes at the rate before. Budget: ${connectionBudget()} server connections, looked at every 100 ms.`,
    table: {
      head: [
        "fault",
        "rounds",
        "fault s",
        "window s",
        "first ms",
        "first ms, worst",
        "last service ms, worst",
        "95 % ms",
        "95 % ms, worst",
        "requests",
        "failed",
        "failed %",
        "of 10 min %",
        "slowest request ms",
        "server connections",
        "broken",
      ],
      rows,
    },
  };
}

function rowOf(name: string, found: readonly Finding[]): Cell[] {
  const middle = (pick: (finding: Finding) => number): number => percentile(found.map(pick), 0.5);
  const worst = (pick: (finding: Finding) => number): number => Math.max(...found.map(pick));
  const sum = (pick: (finding: Finding) => number): number =>
    found.reduce((total, finding) => total + pick(finding), 0);
  const [requests, failed] = [sum((each) => each.requests), sum((each) => each.failed)];
  const inTenMinutes = sum(({ rateBefore }) => rateBefore * TEN_MINUTES_S);
  return [
    name,
    found.length,
    middle(({ faultMs }) => faultMs) / 1_000,
    middle(({ windowMs }) => windowMs) / 1_000,
    middle(({ firstMs }) => firstMs),
    worst(({ firstMs }) => firstMs),
    worst(({ lastServiceMs }) => lastServiceMs),
    middle(({ recoveredMs }) => recoveredMs),
    worst(({ recoveredMs }) => recoveredMs),
    requests,
    failed,
    (failed / requests) * 100,
    (failed / inTenMinutes) * 100,
    worst(({ slowestMs }) => slowestMs),
    worst(({ connections }) => connections),
    sum(({ broken }) => broken.length),
  ];
}

function load(rounds: readonly Round[]): Section {
  const names = Object.keys(rounds[0]!.answered);
  const rows = names.map((name): Cell[] => [
    name,
    rounds.reduce((sum, { answered }) => sum + answered[name]!, 0),
  ]);
  return {
    heading: "Load",
    text: "Closed loop with pauses; every client repeats what was refused after Retry-After, and what was broken after 50 ms to 1 s, longer each time; both with jitter.",
    table: { head: ["", "answered"], rows },
  };
}

/** The first round, a plot for each kind of fault. */
function plots(findings: readonly Finding[]): Section[] {
  const kinds = Map.groupBy(FAULTS, ({ action }) =>
    action.kind === "link" ? action.link : action.kind,
  );
  const drawn = [...kinds].flatMap(([kind, all]): Plot[] => {
    const lines = all.flatMap(({ name }) => {
      const first = findings.find(({ fault }) => fault === name);
      return first === undefined ? [] : [{ name, points: first.timeline }];
    });
    return lines.length === 0
      ? []
      : [{ title: kind, x: "seconds since the strike", y: "successes/s", lines }];
  });
  return [{ heading: "Successes over time, first round", plots: drawn }];
}
