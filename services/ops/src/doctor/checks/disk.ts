import { statfs } from "node:fs/promises";
import type { Check, Fault } from "../check.ts";

const LEAST_FREE = 0.1;
/** Less than that is too little on any disk, more than that enough. */
const LEAST_BYTES = 1024 ** 3;
const ENOUGH_BYTES = 50 * 1024 ** 3;

/** Where the data directory is on this machine; elsewhere the system's own monitoring has to look. */
export const disk: Check = {
  code: "DISK_FULL",
  why: "PostgreSQL stops when it cannot write its log, and does not start before there is room.",
  async find({ sql }) {
    const [row] = await sql<{ folder: string | null }[]>`
      select nullif(current_setting('data_directory', true), '') as folder`;
    if (row?.folder === null || row === undefined) return [];
    const stat = await statfs(row.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "EACCES") return undefined;
      throw error;
    });
    if (stat === undefined) return [];
    return judgeDisk(row.folder, stat.bavail * stat.bsize, stat.blocks * stat.bsize);
  },
};

/** @param free and `size` in bytes */
export function judgeDisk(folder: string, free: number, size: number): Fault[] {
  if (free >= ENOUGH_BYTES || (free >= LEAST_BYTES && free >= size * LEAST_FREE)) return [];
  const gigabytes = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
  return [
    {
      what: `${gigabytes(free)} GB of ${gigabytes(size)} GB are free where ${folder} is.`,
      todo: "Look for inactive replication slots and old logs first; then delete versions nobody uses, or enlarge the disk.",
    },
  ];
}
