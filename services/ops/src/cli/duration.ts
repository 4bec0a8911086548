import { UsageError } from "./usage-error.ts";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of `90s`, `15m`, `24h`, `7d`; a bare number is seconds. @throws UsageError naming the option. */
export function parseDuration(option: string, text: string): number {
  const [, count, unit = "s"] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  if (count === undefined) {
    throw new UsageError(
      `--${option} must be a duration such as 90s, 15m, 24h or 7d, and "${text}" is not`,
    );
  }
  return Number(count) * (SECONDS[unit] ?? 1);
}
