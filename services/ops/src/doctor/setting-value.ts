/** Bytes of PostgreSQL's units of memory, and milliseconds of its units of time. */
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Whether two texts are the same value of a PostgreSQL setting: `15min` and `900s` are. */
export function isSameSetting(one: string, other: string): boolean {
  return readSetting(one) === readSetting(other);
}

function readSetting(text: string): number | string {
  const bare = text.replaceAll('"', "").trim();
  const [, digits, unit = ""] = /^(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(bare) ?? [];
  const factor = unit === "" ? 1 : UNITS[unit];
  return digits === undefined || factor === undefined ? bare : Number(digits) * factor;
}
