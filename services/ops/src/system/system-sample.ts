import { statfs } from "node:fs/promises";
import { cpus, freemem, loadavg, totalmem } from "node:os";
import { ratio } from "../samples/rate.ts";

/** The machine that this process runs on. Ratios are from 0 to 1. */
export interface SystemSample {
  /** CPU time since the machine started, in milliseconds. */
  readonly cpuMs: { readonly busy: number; readonly all: number };
  /** Since the last look; null at the first. */
  readonly cpu_used_ratio: number | null;
  /** Without what can be given back at once, such as the page cache. */
  readonly memory_used_ratio: number;
  readonly disk_used_ratio: number;
  /** Processes that ran or wanted to, the mean of the last 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly cpus: number;
  readonly memory_bytes: number;
  readonly disk_bytes: number;
  readonly disk_path: string;
}

/** Looks at the CPUs, the memory and the file system of `path`. */
export async function lookAtSystem(
  path: string,
  last: SystemSample | undefined,
): Promise<SystemSample> {
  const cpuMs = cpuTime();
  const { blocks, bavail, bsize } = await statfs(path);
  return {
    cpuMs,
    cpu_used_ratio:
      last === undefined ? null : ratio(cpuMs.busy - last.cpuMs.busy, cpuMs.all - last.cpuMs.all),
    // libuv reads MemAvailable.
    memory_used_ratio: 1 - freemem() / totalmem(),
    disk_used_ratio: 1 - bavail / blocks,
    load: loadavg() as [number, number, number],
    cpus: cpus().length,
    memory_bytes: totalmem(),
    disk_bytes: blocks * bsize,
    disk_path: path,
  };
}

function cpuTime(): SystemSample["cpuMs"] {
  const times = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({
    idle,
    all: user + nice + sys + idle + irq,
  }));
  const all = times.reduce((sum, cpu) => sum + cpu.all, 0);
  return { all, busy: all - times.reduce((sum, cpu) => sum + cpu.idle, 0) };
}
