import { readFileSync, readdirSync } from "node:fs";

/** Linux counts a process's CPU time in hundredths of a second (getconf CLK_TCK). */
const TICK_SECONDS = 0.01;

/** CPU seconds that a process and its children, those that have ended included, have used so far. */
export function cpuSeconds(pid: number): number {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids
    .flatMap(readStat)
    .filter((stat) => stat.pid === pid || stat.parent === pid)
    .reduce((sum, { own, ended }) => sum + (own + ended) * TICK_SECONDS, 0);
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly ended: number;
}

function readStat(pid: number): Stat[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [parent, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map((index) =>
      Number(fields[index]),
    );
    return [{ pid, parent: parent!, own: user! + system!, ended: endedUser! + endedSystem! }];
  } catch {
    return []; // it has ended meanwhile
  }
}
